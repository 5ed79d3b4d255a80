/*
 * name: the attributes of a distinguished name and the forms of GeneralNames
 * (RFC 5280 sections 4.1.2.4 and 4.2.1.6), one after the other. Odd nesting is
 * taken as it comes; what the values mean is for others.
 */
#ifndef CTLOG_X509_NAME_H
#define CTLOG_X509_NAME_H

#include "ctlog/x509/der.h"

/* One AttributeTypeAndValue. */
struct name_attr {
	struct span oid; /* contents octets */
	struct der value;
	unsigned index; /* place among all attributes of the name */
};
struct name_attrs {
	struct span rdns, rdn; /* what is still to be read */
	unsigned num;
	bool cut;      /* something in the name could not be read */
	bool unmarked; /* a SEQUENCE or SET has no constructed bit */
};
/* `name` with its header, or contents of an RDNSequence. */
struct name_attrs name_attrs_of(struct span name);
bool name_attr_next(struct name_attrs *it, struct name_attr *out);

enum general_form {
	GENERAL_OTHER = 0,
	GENERAL_RFC822 = 1,
	GENERAL_DNS = 2,
	GENERAL_X400 = 3,
	GENERAL_DIRECTORY = 4,
	GENERAL_EDI = 5,
	GENERAL_URI = 6,
	GENERAL_IP = 7,
	GENERAL_REGISTERED_ID = 8,
	GENERAL_UNKNOWN = 9 /* no context tag of a GeneralName */
};

struct general_name {
	enum general_form form;
	struct der tlv;
	/* GENERAL_OTHER: the type, and the value without its [0]. An
	 * otherName of another shape has an empty oid and the first TLV. */
	struct span oid;
	struct der other;
	unsigned index;
};
struct general_names {
	struct span left;   /* what is still to be read */
	struct span behind; /* bytes behind the SEQUENCE, which are none */
	unsigned num;
	bool cut;
};
/* The GeneralNames of an extension value or of a TLV, header included. */
struct general_names general_names_of(struct span value);
bool general_name_next(struct general_names *it, struct general_name *out);

#endif
