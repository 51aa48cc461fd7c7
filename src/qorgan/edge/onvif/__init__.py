"""The school node's hands for ONVIF: HTTP and UDP around `protocols/onvif`, the wizard, and the watch of devices."""
