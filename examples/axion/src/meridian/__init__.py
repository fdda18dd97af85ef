"""Meridian: services for the home loans of Homechoice."""
