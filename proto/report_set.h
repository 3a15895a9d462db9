/*
 * Sets a field with presence (a one-member oneof): its value, and that it is
 * there. The names of the generated code are regular. Context: tool.
 */
#ifndef INQUEST_PROTO_REPORT_SET_H
#define INQUEST_PROTO_REPORT_SET_H

#define SET(message, MESSAGE, field, FIELD, value)        \
    ((message)->has_##field##_case =                      \
         INQUEST__V1__##MESSAGE##__HAS_##FIELD##_##FIELD, \
     (void)((message)->field = (value)))

/* Only when it is known. */
#define SET_KNOWN(message, MESSAGE, field, FIELD, known, value) \
    ((known) ? SET(message, MESSAGE, field, FIELD, value) : (void)0)

#endif
