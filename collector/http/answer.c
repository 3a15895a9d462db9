/* Answers. Context: tool. */
#include "collector/http/answer.h"

#include <stdlib.h>
#include <string.h>

struct answer answer_json(unsigned status, json_t *json)
{
    struct answer answer = {.status = status, .content_type = ANSWER_JSON};

    if (json)
        answer.body = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (!answer.body)
        return (struct answer){.status = 500, .content_type = ANSWER_JSON};
    answer.body_bytes = strlen(answer.body);
    return answer;
}

struct answer answer_error(unsigned status, const char *sentence)
{
    return answer_json(status, json_pack("{s:s}", "error", sentence));
}

struct answer answer_later(unsigned status, unsigned retry_after_s,
                           const char *sentence)
{
    struct answer answer = answer_error(status, sentence);

    answer.retry_after_s = retry_after_s;
    return answer;
}

struct answer answer_empty(unsigned status)
{
    return (struct answer){.status = status};
}
