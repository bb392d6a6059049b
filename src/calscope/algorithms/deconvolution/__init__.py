"""Deconvolution of traces with an autoregressive model of the calcium."""
