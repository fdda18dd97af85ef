"""Entry point: `python -m meridian.report`."""

import os

from meridian.report.app import create_app

if __name__ == "__main__":
    create_app(os.environ).run()
