#define _GNU_SOURCE
#include "CPlayedNames.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char suffix[] = ".played.test";

typedef struct {
    char name[128];
    char answers[512];
    int lookups;
} PlayedName;

static PlayedName played[64];
static int played_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static PlayedName *find(const char *name) {
    for (int i = 0; i < played_count; i++)
        if (strcasecmp(played[i].name, name) == 0) return &played[i];
    return NULL;
}

void caliber_play_name(const char *name, const char *answers) {
    pthread_mutex_lock(&lock);
    PlayedName *entry = find(name);
    if (!entry && played_count < 64) {
        entry = &played[played_count++];
        strncpy(entry->name, name, sizeof entry->name - 1);
    }
    if (entry) {
        strncpy(entry->answers, answers, sizeof entry->answers - 1);
        entry->lookups = 0;
    }
    pthread_mutex_unlock(&lock);
}

int caliber_played_lookup_count(const char *name) {
    pthread_mutex_lock(&lock);
    PlayedName *entry = find(name);
    int count = entry ? entry->lookups : 0;
    pthread_mutex_unlock(&lock);
    return count;
}

// Takes the answer of the next look-up; 0 when the name is none that is played.
static int next_answer(const char *name, char *answer, size_t capacity) {
    size_t length = strlen(name), tail = sizeof suffix - 1;
    if (length <= tail || strcasecmp(name + length - tail, suffix) != 0) return 0;
    pthread_mutex_lock(&lock);
    PlayedName *entry = find(name);
    answer[0] = 0;
    if (entry) {
        const char *start = entry->answers;
        for (int skipped = 0; skipped < entry->lookups && strchr(start, ';'); skipped++) start = strchr(start, ';') + 1;
        size_t end = strcspn(start, ";");
        if (end >= capacity) end = capacity - 1;
        memcpy(answer, start, end);
        answer[end] = 0;
        entry->lookups++;
    }
    pthread_mutex_unlock(&lock);
    return 1;
}

typedef int (*Resolver)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

// Stands before the C library's function for the whole process, for libcurl too.
int getaddrinfo(
    const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
    struct addrinfo **restrict result) {
    Resolver system_resolver = (Resolver)dlsym(RTLD_NEXT, "getaddrinfo");
    char answer[512];
    if (!name || !next_answer(name, answer, sizeof answer)) return system_resolver(name, service, hints, result);
    if (answer[0] == '~') {
        sleep((unsigned)atoi(answer + 1));
        return EAI_AGAIN;
    }
    // Each address is a list of its own from the system, so that what frees one frees the whole.
    struct addrinfo *first = NULL, **last = &first;
    char *rest = answer;
    for (char *text = strsep(&rest, ","); text; text = strsep(&rest, ",")) {
        struct addrinfo numeric = hints ? *hints : (struct addrinfo){0};
        numeric.ai_flags = AI_NUMERICHOST;
        numeric.ai_family = AF_UNSPEC;
        struct addrinfo *one = NULL;
        if (*text && system_resolver(text, service, &numeric, &one) == 0) {
            *last = one;
            while (*last) last = &(*last)->ai_next;
        }
    }
    *result = first;
    return first ? 0 : EAI_NONAME;
}
