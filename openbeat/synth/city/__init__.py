"""A fictional city made from a seed: census tracts, police beats and districts, streets, residents."""

from openbeat.synth.city.addresses import City, Places, Point
from openbeat.synth.city.model import AGES, RACES, Area, Block, LonLat, People, Street, Tract
from openbeat.synth.city.plan import make_city

__all__ = [
    "AGES",
    "RACES",
    "Area",
    "Block",
    "City",
    "LonLat",
    "People",
    "Places",
    "Point",
    "Street",
    "Tract",
    "make_city",
]
