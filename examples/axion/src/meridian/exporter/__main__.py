"""Entry point: `python -m meridian.exporter`."""

import os

from meridian.exporter.app import create_app

if __name__ == "__main__":
    create_app(os.environ).run()
