/* Status to verdict. Context: tool. */
#include "reporter/upload/upload_verdict.h"

enum upload_verdict upload_verdict(long status)
{
    switch (status) {
    case 200:
    case 202:
        return UPLOAD_ACCEPTED;
    case 400:
    case 413:
    case 415:
    case 422:
        return UPLOAD_REJECTED;
    case 0:
    case 408:
    case 429:
        return UPLOAD_RETRY;
    default:
        return status >= 500 && status <= 599 ? UPLOAD_RETRY : UPLOAD_STOP;
    }
}
