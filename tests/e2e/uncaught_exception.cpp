/* Dies of an uncaught exception in a named thread. Context: tool. */
#include <pthread.h>
#include <stdexcept>

static __attribute__((noinline)) void load_settings()
{
    throw std::runtime_error("settings file is empty");
}

static void *worker(void *)
{
    pthread_setname_np(pthread_self(), "loader");
    load_settings();
    return nullptr;
}

int main()
{
    pthread_t thread;
    if (pthread_create(&thread, nullptr, worker, nullptr) != 0)
        return 1;
    pthread_join(thread, nullptr);
    return 0;
}
