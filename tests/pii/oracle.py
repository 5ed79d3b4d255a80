"""What OpenSSL reads in a certificate, by its own library: another parser,
written by others, to compare with. Only subject and subjectAltName."""
import ctypes
import ctypes.util

LIB = ctypes.CDLL(ctypes.util.find_library("crypto"))
SUBJECT_ALT_NAME = 85  # NID
OTHER, MAIL, DNS, DIRECTORY, URI = 0, 1, 2, 4, 6


def function(name, result, *arguments):
    """A function of the library, with its types."""
    out = getattr(LIB, name)
    out.restype, out.argtypes = result, arguments
    return out


INT, POINTER, BYTES = ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p
d2i_x509 = function("d2i_X509", POINTER, POINTER, POINTER, ctypes.c_long)
x509_free = function("X509_free", None, POINTER)
subject_of = function("X509_get_subject_name", POINTER, POINTER)
entry_count = function("X509_NAME_entry_count", INT, POINTER)
get_entry = function("X509_NAME_get_entry", POINTER, POINTER, INT)
entry_object = function("X509_NAME_ENTRY_get_object", POINTER, POINTER)
entry_data = function("X509_NAME_ENTRY_get_data", POINTER, POINTER)
obj2txt = function("OBJ_obj2txt", INT, BYTES, INT, POINTER, INT)
to_utf8 = function("ASN1_STRING_to_UTF8", INT, POINTER, POINTER)
string_data = function("ASN1_STRING_get0_data", POINTER, POINTER)
string_length = function("ASN1_STRING_length", INT, POINTER)
get_ext = function("X509_get_ext_d2i", POINTER, POINTER, INT, POINTER,
                   POINTER)
sk_num = function("OPENSSL_sk_num", INT, POINTER)
sk_value = function("OPENSSL_sk_value", POINTER, POINTER, INT)
names_free = function("GENERAL_NAMES_free", None, POINTER)
crypto_free = function("CRYPTO_free", None, POINTER, BYTES, INT)
clear_errors = function("ERR_clear_error", None)


class GeneralName(ctypes.Structure):
    """GENERAL_NAME of openssl/x509v3.h."""
    _fields_ = [("type", INT), ("value", POINTER)]


def text_of(string):
    """An ASN1_STRING as text; None when OpenSSL cannot."""
    out = POINTER()
    length = to_utf8(ctypes.byref(out), string)
    if length < 0:
        return None
    text = ctypes.string_at(out, length).decode("utf-8", "replace")
    crypto_free(out, b"", 0)
    return text


def bytes_of(string):
    """The contents octets of an ASN1_STRING."""
    return ctypes.string_at(string_data(string), string_length(string))


def subject_values(x509):
    """[(path, dotted OID, text)] of the subject."""
    out = []
    name = subject_of(x509)
    for k in range(entry_count(name)):
        entry = get_entry(name, k)
        buffer = ctypes.create_string_buffer(128)
        obj2txt(buffer, 128, entry_object(entry), 1)
        out.append(("subject[%d]" % k, buffer.value.decode(),
                    text_of(entry_data(entry))))
    return out


def alternative_values(x509):
    """[(path, form, text)] of the alternative names that are one string;
    None when the extension cannot be read."""
    out = []
    critical = INT()
    names = get_ext(x509, SUBJECT_ALT_NAME, ctypes.byref(critical), None)
    if not names:
        return [] if critical.value == -1 else None
    for k in range(sk_num(names)):
        name = GeneralName.from_address(sk_value(names, k))
        if name.type in (MAIL, DNS, URI):
            out.append(("ext[2.5.29.17][%d]" % k, name.type, bytes_of(
                name.value).decode("utf-8", "replace")))
    names_free(names)
    return out


def read(der):
    """(subject values, alternative values), or None when OpenSSL refuses the
    certificate."""
    buffer = ctypes.create_string_buffer(der, len(der))
    at = POINTER(ctypes.addressof(buffer))
    x509 = d2i_x509(None, ctypes.byref(at), len(der))
    try:
        if not x509:
            return None
        return subject_values(x509), alternative_values(x509)
    finally:
        if x509:
            x509_free(x509)
        clear_errors()
