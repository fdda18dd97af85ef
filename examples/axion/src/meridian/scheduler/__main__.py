"""Entry point: `python -m meridian.scheduler`."""

import os

from meridian.scheduler.app import create_app

if __name__ == "__main__":
    create_app(os.environ).run()
