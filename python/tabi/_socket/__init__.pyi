# The names and types of the built-in module, which this one stands for.
from _socket import *
