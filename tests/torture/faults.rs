//! Which errors each call may give.

/// Whether the shim can make the function of this name fail.
pub(crate) fn is_kind(name: &str) -> bool {
    find(name).is_some()
}

/// The errors by which a call of this kind fails, the most likely first. The resolver's own codes are negative.
pub(crate) fn errors(kind: &str) -> &'static [i32] {
    match kind {
        "memory" => &[libc::ENOMEM],
        _ => find(kind).unwrap_or_else(|| panic!("{kind} needs a list of errors in {}", file!())),
    }
}

fn find(kind: &str) -> Option<&'static [i32]> {
    Some(match kind {
        "socket" | "socketpair" => &[libc::EMFILE, libc::ENOBUFS, libc::EACCES],
        "bind" => &[libc::EADDRINUSE, libc::EACCES],
        "listen" => &[libc::EADDRINUSE],
        "accept4" => {
            &[libc::EMFILE, libc::ECONNABORTED, libc::EINTR, libc::ENOBUFS, libc::EPERM, libc::EPROTO]
        }
        "connect" => &[libc::ECONNREFUSED, libc::EINTR, libc::ETIMEDOUT, libc::EADDRNOTAVAIL],
        "getsockname" => &[libc::ENOBUFS],
        "getpeername" | "shutdown" => &[libc::ENOTCONN],
        "getsockopt" => &[libc::ENOPROTOOPT, libc::ENOBUFS],
        "setsockopt" => &[libc::ENOPROTOOPT, libc::ENOMEM],
        "close" => &[libc::EIO, libc::EINTR],
        "dup" => &[libc::EMFILE],
        "dup2" | "dup3" => &[libc::EBUSY, libc::EINTR],
        "fcntl" | "ioctl" => &[libc::EINVAL],
        "poll" | "ppoll" => &[libc::ENOMEM, libc::EINTR],
        "recv" | "recvfrom" | "recvmsg" | "recvmmsg" => &[libc::ECONNRESET, libc::EINTR, libc::ENOMEM],
        "send" | "sendto" | "sendmsg" | "sendmmsg" => &[libc::EPIPE, libc::EINTR, libc::ENOBUFS],
        "sendfile64" => &[libc::EIO, libc::EINTR, libc::ENOMEM],
        "eventfd" | "epoll_create1" => &[libc::EMFILE, libc::ENOMEM],
        "epoll_ctl" => &[libc::ENOSPC, libc::ENOMEM],
        "epoll_wait" => &[libc::EINTR],
        "pipe2" => &[libc::EMFILE, libc::ENFILE],
        "read" => &[libc::EINTR, libc::EAGAIN],
        "write" => &[libc::EAGAIN],
        "pthread_create" => &[libc::EAGAIN],
        "pthread_attr_init" | "posix_spawn_file_actions_adddup2" => &[libc::ENOMEM],
        "posix_spawnp" | "fork" => &[libc::EAGAIN, libc::ENOMEM],
        "waitpid" | "waitid" => &[libc::EINTR],
        "pidfd_open" => &[libc::EMFILE, libc::ENOSYS],
        "pidfd_send_signal" => &[libc::EPERM],
        "gethostname" => &[libc::ENAMETOOLONG],
        "getaddrinfo" | "getnameinfo" => &[libc::EAI_MEMORY, libc::EAI_AGAIN, libc::EMFILE],
        "gethostbyname_r" | "getservbyname_r" => &[libc::ENOMEM, libc::EMFILE],
        "if_nameindex" | "if_nametoindex" | "if_indextoname" => &[libc::EMFILE, libc::ENOBUFS],
        _ => return None,
    })
}
