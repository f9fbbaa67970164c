# The names and types of the standard module, whose copy this is.
from socketserver import *
