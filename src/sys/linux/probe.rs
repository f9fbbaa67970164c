//! Static probes (USDT) for `bpftrace`, `perf` and SystemTap: a nop in the code, and a note beside it that says where the
//! nop is and in which register its argument is. Nothing else happens unless somebody watches the probe.
//!
//! Each function is inlined, so that each place in the code that calls it is a place of the probe.

#[cfg(target_arch = "x86_64")]
macro_rules! code {
    ($($part:expr),+; $number:ident) => {
        // The note names registers as the GNU assembler does.
        // SAFETY: the code is a nop, which changes nothing; all else describes it in other sections of the file.
        unsafe {
            std::arch::asm!($($part),+, number = in(reg) $number, options(att_syntax, nomem, nostack, preserves_flags));
        }
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! code {
    ($($part:expr),+; $number:ident) => {
        // SAFETY: the code is a nop, which changes nothing; all else describes it in other sections of the file.
        unsafe {
            std::arch::asm!($($part),+, number = in(reg) $number, options(nomem, nostack, preserves_flags));
        }
    };
}

macro_rules! probes {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name(number: usize) {
            code!(
                "990: nop",
                ".pushsection .note.stapsdt,\"?\",\"note\"",
                ".balign 4",
                ".4byte 992f-991f, 994f-993f, 3",
                "991: .asciz \"stapsdt\"",
                "992: .balign 4",
                "993: .8byte 990b",
                ".8byte _.stapsdt.base",
                // No counter says whether somebody watches.
                ".8byte 0",
                ".asciz \"tabi\"",
                concat!(".asciz \"", stringify!($name), "\""),
                ".asciz \"8@{number}\"",
                "994: .balign 4",
                ".popsection",
                ".ifndef _.stapsdt.base",
                ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat",
                ".weak _.stapsdt.base",
                ".hidden _.stapsdt.base",
                "_.stapsdt.base: .space 1",
                ".size _.stapsdt.base, 1",
                ".popsection",
                ".endif";
                number
            );
        }
    )+};
}

// The argument of each is the number of the request among those that are active.
probes! {
    /// A client was accepted, or a datagram received.
    accept;
    /// A handler begins to run.
    start;
    /// A request ends.
    end;
    /// A request waits without a thread from now on.
    park;
    /// A request has a thread again.
    wake;
    /// A parked connection is closed to make room.
    shed;
}
