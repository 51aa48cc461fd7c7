"""Live screens of the centre: video and events to browsers over WebSockets, recorded ranges over HTTP."""
