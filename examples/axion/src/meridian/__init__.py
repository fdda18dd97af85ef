"""Meridian: the services behind Homechoice's home loans."""
