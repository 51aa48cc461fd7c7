"""What an ONVIF device may refuse, told by who can help."""

from qorgan.kernel.errors import CameraUnreachable, Forbidden, Invalid, Rejected, Unavailable


class NotOnvif(CameraUnreachable):
    """Something answered, and not as an ONVIF device: the address is wrong, or the firmware is broken."""

    code = "onvif.not_onvif"


class WrongPassword(Forbidden):
    """Whoever knows the camera's user and password can help."""

    code = "onvif.wrong_password"


class NotAuthorised(Forbidden):
    """The login is right, and its level too low: the camera's administrator can raise it."""

    code = "onvif.not_authorised"


class NotSupported(Rejected):
    """This camera has no such function."""

    code = "onvif.not_supported"


class InvalidValue(Invalid):
    """The camera refuses a value; its message says which, if it says anything."""

    code = "onvif.invalid_value"


class ClockTooFar(Rejected):
    """The camera refuses our message for its time: somebody must set the camera's clock."""

    code = "onvif.clock_too_far"


class DeviceFault(Unavailable):
    """The device failed, busy or broken; it may recover."""

    code = "onvif.fault"
