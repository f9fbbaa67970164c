/**
 * The number of a descriptor. -1 stands for none.
 *
 * On Windows it is a SOCKET, which is converted with a cast: INVALID_SOCKET becomes -1. The file of tabi_sendfile() is
 * a HANDLE there, which _get_osfhandle() gives for a file of the C library.
 */
#if defined(_WIN32)
typedef intptr_t tabi_fd;
#else
typedef int tabi_fd;
#endif

/**
 * One of several buffers: `iov_base` is its address and `iov_len` its length in bytes.
 *
 * It is struct iovec. Windows has none; there it has the layout of WSABUF, and a length of 32 bits.
 */
#if defined(_WIN32)
typedef struct {
    unsigned long iov_len;
    void *iov_base;
} tabi_iovec;
#else
typedef struct iovec tabi_iovec;
#endif

/**
 * Makes the text for tabi_file_printf() and tabi_request_printf(), which call it. Programs do not need it.
 *
 * Writes the text to `short_text`, which has `size` bytes, or to new memory if it is longer, and sets `text` to where
 * it is. Returns its length, or a negative code.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 0)))
#endif
static inline int tabi_format(char *short_text, size_t size, char **text, const char *format, va_list arguments)
{
    va_list again;
    int length;
    if (format == NULL) {
        errno = EINVAL;
        return TABI_ERR_NULL;
    }
    va_copy(again, arguments);
    length = vsnprintf(short_text, size, format, arguments);
    *text = short_text;
    if (length >= 0 && (size_t)length >= size) {
        *text = (char *)malloc((size_t)length + 1);
        length = *text == NULL ? -1 : vsnprintf(*text, (size_t)length + 1, format, again);
    }
    va_end(again);
    if (length < 0) {
        length = -errno;
        if (*text != short_text)
            free(*text);
    }
    return length;
}

/**
 * Writes formatted text, as printf(3) makes it, to a file of tabi_makefile(). It is sent, or kept to be sent later.
 *
 * Returns the length of the text in bytes. The errors are those of tabi_file_write(); after one of them, a part of the
 * text may have been taken. TABI_ERR_NULL when `format` is NULL, and -errno, such as -ENOMEM, when the text cannot be
 * made; tabi_last_error_message() does not describe these two.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static inline ssize_t tabi_file_printf(tabi_file *file, const char *format, ...)
{
    char short_text[256], *text = NULL;
    ssize_t done = 0, taken;
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = tabi_format(short_text, sizeof short_text, &text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return length;
    do {
        taken = tabi_file_write(file, text + done, (size_t)(length - done));
        done += taken;
    } while (taken > 0 && done < length);
    if (text != short_text)
        free(text);
    return taken < 0 ? taken : done;
}

/**
 * Sends formatted text, as printf(3) makes it, to the client of a request: tabi_request_reply() for texts.
 *
 * Returns the length of the text in bytes. The errors are those of tabi_request_reply(); TABI_ERR_NULL when `format` is
 * NULL, and -errno, such as -ENOMEM, when the text cannot be made; tabi_last_error_message() does not describe these
 * two.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static inline ssize_t tabi_request_printf(tabi_request *request, const char *format, ...)
{
    char short_text[256], *text = NULL;
    va_list arguments;
    int length, rc;
    va_start(arguments, format);
    length = tabi_format(short_text, sizeof short_text, &text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return length;
    rc = tabi_request_reply(request, text, (size_t)length);
    if (text != short_text)
        free(text);
    return rc < 0 ? rc : length;
}
