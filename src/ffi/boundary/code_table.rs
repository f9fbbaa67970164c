// The codes of the C face: number, name and text. The header's macros and the functions that explain codes are made
// from this table. The numbers never change.
//
// The errors of the system are -errno: -1 to -4095, and on Windows -1 to -15999 but for the numbers of this table, which
// no system uses for errors of sockets. The last three are no errors but answers of handlers. They are negative, so that no
// count of bytes that a handler returns by chance is one of them.
macro_rules! for_each_code {
    ($use_code:ident) => {
        $use_code! { -5001, GAI_ADDRFAMILY, "address family for hostname not supported" }
        $use_code! { -5002, GAI_AGAIN, "temporary failure in name resolution" }
        $use_code! { -5003, GAI_BADFLAGS, "bad value for the resolver's flags" }
        $use_code! { -5004, GAI_FAIL, "non-recoverable failure in name resolution" }
        $use_code! { -5005, GAI_FAMILY, "address family not supported by the resolver" }
        $use_code! { -5006, GAI_MEMORY, "the resolver is out of memory" }
        $use_code! { -5007, GAI_NODATA, "no address associated with hostname" }
        $use_code! { -5008, GAI_NONAME, "name or service not known" }
        $use_code! { -5009, GAI_SERVICE, "service not supported for this type of socket" }
        $use_code! { -5010, GAI_SOCKTYPE, "type of socket not supported by the resolver" }
        $use_code! { -5011, GAI_OVERFLOW, "the resolver's buffer is too small for the name" }
        $use_code! { -5012, GAI_OTHER, "another failure of getaddrinfo or getnameinfo" }
        $use_code! { -5101, HERROR_HOST_NOT_FOUND, "unknown host" }
        $use_code! { -5102, HERROR_TRY_AGAIN, "temporary failure of a name server" }
        $use_code! { -5103, HERROR_NO_RECOVERY, "unknown error of a name server" }
        $use_code! { -5104, HERROR_NO_DATA, "no address associated with the name" }
        $use_code! { -5105, HERROR_OTHER, "another failure of gethostbyname or gethostbyaddr" }
        $use_code! { -5201, ERR_TIMEOUT, "timed out" }
        $use_code! { -5202, ERR_CLOSED, "the socket is closed" }
        $use_code! { -5203, ERR_VALUE, "an argument has a value that is not allowed" }
        $use_code! { -5204, ERR_OVERFLOW, "an argument is out of its range" }
        $use_code! { -5205, ERR_TYPE, "an argument is of the wrong kind" }
        $use_code! { -5206, ERR_NULL, "an argument is NULL" }
        $use_code! { -5207, ERR_OS, "the call failed for a reason that has no errno" }
        $use_code! { -5208, ERR_PANIC, "internal error" }
        $use_code! { -5209, ERR_TOO_SMALL, "the buffer is too small for the result" }
        $use_code! { -5210, ERR_CANCELLED, "the call was cancelled" }
        $use_code! { -6001, PARK, "a handler's answer: call it again when there is more to read" }
        $use_code! { -6002, AGAIN, "a handler's answer: call it again, there is more to read already" }
        $use_code! { -6003, MORE, "a handler's answer: call it again when there is more of this request" }
    };
}
