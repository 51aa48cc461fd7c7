"""ONVIF as sans-I/O building and parsing: WS-Discovery, SOAP with WS-Security, and the services that we use.

A `Call` says what to ask of which service and how to read the answer; `edge/onvif` carries it over HTTP.
Names are looked up without their namespaces: firmware is careless with prefixes, and never with local names.
"""
