/*
 * oid: object identifiers that the parser itself must know, as contents
 * octets. Those that only carry data are in the table of monitor/pii/carriers.tsv.
 */
#ifndef CTLOG_X509_OID_H
#define CTLOG_X509_OID_H

#include "ctlog/base/span.h"

/* The bytes of a string literal, which may hold zeros. */
#define OID(text) span_of(text, sizeof(text) - 1)

/* span_eq for these constants, without a call. */
static inline __attribute__((always_inline)) bool
oid_is(struct span s, struct span oid)
{
	return s.len == oid.len && memcmp(s.p, oid.p, oid.len) == 0;
}

#define OID_COMMON_NAME OID("\x55\x04\x03")          /* 2.5.4.3 */
#define OID_SURNAME OID("\x55\x04\x04")              /* 2.5.4.4 */
#define OID_COUNTRY OID("\x55\x04\x06")              /* 2.5.4.6 */
#define OID_LOCALITY OID("\x55\x04\x07")             /* 2.5.4.7 */
#define OID_ORGANIZATION OID("\x55\x04\x0a")         /* 2.5.4.10 */
#define OID_GIVEN_NAME OID("\x55\x04\x2a")           /* 2.5.4.42 */
#define OID_ORGANIZATION_ID OID("\x55\x04\x61")      /* 2.5.4.97 */
#define OID_CERTIFICATE_POLICIES OID("\x55\x1d\x20") /* 2.5.29.32 */
#define OID_EXT_KEY_USAGE OID("\x55\x1d\x25")        /* 2.5.29.37 */
#define OID_ANY_PURPOSE OID("\x55\x1d\x25\x00")      /* 2.5.29.37.0 */
/* 1.3.6.1.4.1.311.20.2 */
#define OID_MS_TEMPLATE_NAME OID("\x2b\x06\x01\x04\x01\x82\x37\x14\x02")
/* 1.3.6.1.5.5.7.8.9 */
#define OID_SMTP_UTF8_MAILBOX OID("\x2b\x06\x01\x05\x05\x07\x08\x09")
/* 1.3.6.1.5.5.7.11, the arc of the older statements */
#define OID_QC_SYNTAX OID("\x2b\x06\x01\x05\x05\x07\x0b")
/* 0.4.0.1862.1.2 */
#define OID_QC_LIMIT_VALUE OID("\x04\x00\x8e\x46\x01\x02")
/* 0.4.0.1862.1.5: where the issuer's statements to its customers are */
#define OID_QC_PDS OID("\x04\x00\x8e\x46\x01\x05")
/* Qualifiers of policies, 1.3.6.1.5.5.7.2.1 and .2 */
#define OID_CPS OID("\x2b\x06\x01\x05\x05\x07\x02\x01")
#define OID_USER_NOTICE OID("\x2b\x06\x01\x05\x05\x07\x02\x02")
/* 1.3.6.1.5.5.7.1.3 */
#define OID_QC_STATEMENTS OID("\x2b\x06\x01\x05\x05\x07\x01\x03")
/* 1.3.6.1.4.1.57264.1, the arc of Sigstore's extensions */
#define OID_FULCIO OID("\x2b\x06\x01\x04\x01\x83\xbf\x30\x01")
#define OID_SUBJECT_ALT_NAME OID("\x55\x1d\x11")  /* 2.5.29.17 */
#define OID_ISSUER_ALT_NAME OID("\x55\x1d\x12")   /* 2.5.29.18 */
#define OID_BASIC_CONSTRAINTS OID("\x55\x1d\x13") /* 2.5.29.19 */
#define OID_CT_SCT_LIST OID("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02")
#define OID_CT_POISON OID("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03")
/* PKCS #9 extensionRequest, 1.2.840.113549.1.9.14 */
#define OID_EXTENSION_REQUEST OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e")
/* The same before PKCS #9 had it, 1.3.6.1.4.1.311.2.1.14 */
#define OID_MS_EXTENSION_REQUEST OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0e")

#endif
