//! The names of the `errno` numbers that only Linux has.

use std::ffi::{CStr, c_int};

use crate::sys::unix::errno::errno_names;

/// Returns the name of an `errno` that only Linux has.
pub(crate) fn own_errno_name(errno: c_int) -> Option<&'static CStr> {
    errno_names! { errno,
        EADV EBADE EBADFD EBADR EBADRQC EBADSLT EBFONT ECHRNG ECOMM EDOTDOT EISNAM
        EKEYEXPIRED EKEYREJECTED EKEYREVOKED EL2HLT EL2NSYNC EL3HLT EL3RST ELIBACC ELIBBAD
        ELIBEXEC ELIBMAX ELIBSCN ELNRNG EMEDIUMTYPE ENAVAIL ENOANO ENOCSI ENODATA ENOKEY
        ENOMEDIUM ENONET ENOPKG ENOSR ENOSTR ENOTBLK ENOTNAM ENOTRECOVERABLE ENOTUNIQ
        EOWNERDEAD EREMCHG EREMOTEIO ERESTART ERFKILL ESRMNT ESTRPIPE ETIME EUCLEAN
        EUNATCH EXFULL
    }
    None
}
