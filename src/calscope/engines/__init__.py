"""The engines that compute: our own, and CaImAn where it is installed. A page never asks which one ran."""
