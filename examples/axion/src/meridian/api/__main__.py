"""Entry point: `python -m meridian.api`."""

import os

from meridian.api.app import create_app

if __name__ == "__main__":
    create_app(os.environ).run()
