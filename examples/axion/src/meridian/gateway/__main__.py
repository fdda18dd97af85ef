"""Entry point: `python -m meridian.gateway`."""

import os

from meridian.gateway.app import create_app

if __name__ == "__main__":
    create_app(os.environ).run()
