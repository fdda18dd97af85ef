"""Entry point: `python -m meridian.worker`."""

import os

from meridian.worker.app import create_app

if __name__ == "__main__":
    create_app(os.environ).run()
