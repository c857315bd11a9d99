/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two copies of the library in one process keep their handles apart; unloading one is safe. */
#include "check.h"

#include <dirent.h>
#include <dlfcn.h>

/* One loaded copy, by the functions that the test needs. */
typedef struct {
    void *library;
    signalhub_status_t (*new_)(const signalhub_options_t *, signalhub_t **);
    signalhub_status_t (*clone)(const signalhub_t *, signalhub_t **);
    signalhub_status_t (*publish)(const signalhub_t *, int, const void *, size_t, uint64_t *,
                                  uint64_t *);
    signalhub_status_t (*close)(const signalhub_t *);
    signalhub_status_t (*free)(signalhub_t *);
    signalhub_status_t (*message_new)(signalhub_message_t **);
    signalhub_status_t (*message_view)(const signalhub_message_t *, signalhub_view_t *);
    signalhub_status_t (*message_free)(signalhub_message_t *);
    signalhub_status_t (*subscribe)(const signalhub_t *, signalhub_receiver_t **);
    signalhub_status_t (*recv)(signalhub_receiver_t *, signalhub_message_t *, uint64_t *);
    signalhub_status_t (*receiver_free)(signalhub_receiver_t *);

    signalhub_t *hub;
    signalhub_receiver_t *receiver;
    signalhub_message_t *message;
} copy_t;

/* Finds a function; through memcpy, because ISO C has no cast for it. */
static void find(void *library, const char *name, void *out_function)
{
    void *symbol = dlsym(library, name);
    CHECK(symbol != NULL);
    memcpy(out_function, &symbol, sizeof symbol);
}

static copy_t load(const char *path)
{
    copy_t copy;
    memset(&copy, 0, sizeof copy);
    copy.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (copy.library == NULL)
        fprintf(stderr, "%s\n", dlerror());
    CHECK(copy.library != NULL);
    find(copy.library, "signalhub_new", &copy.new_);
    find(copy.library, "signalhub_clone", &copy.clone);
    find(copy.library, "signalhub_publish", &copy.publish);
    find(copy.library, "signalhub_close", &copy.close);
    find(copy.library, "signalhub_free", &copy.free);
    find(copy.library, "signalhub_message_new", &copy.message_new);
    find(copy.library, "signalhub_message_view", &copy.message_view);
    find(copy.library, "signalhub_message_free", &copy.message_free);
    find(copy.library, "signalhub_subscribe", &copy.subscribe);
    find(copy.library, "signalhub_receiver_recv", &copy.recv);
    find(copy.library, "signalhub_receiver_free", &copy.receiver_free);
    return copy;
}

static void make_handles(copy_t *copy)
{
    CHECK_OK(copy->new_(NULL, &copy->hub));
    CHECK_OK(copy->subscribe(copy->hub, &copy->receiver));
    CHECK_OK(copy->message_new(&copy->message));
}

static void free_handles(copy_t *copy)
{
    CHECK_OK(copy->message_free(copy->message));
    CHECK_OK(copy->receiver_free(copy->receiver));
    CHECK_OK(copy->free(copy->hub));
}

static void its_own_handles_work(copy_t *copy)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    CHECK_OK(copy->publish(copy->hub, SIGNALHUB_KIND_TEXT, "mine", 4, NULL, NULL));
    CHECK_OK(copy->recv(copy->receiver, copy->message, NULL));
    CHECK_OK(copy->message_view(copy->message, &view));
    CHECK(view.len == 4 && memcmp(view.data, "mine", 4) == 0);
}

static void it_refuses_the_handles_of(copy_t *copy, const copy_t *other)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    signalhub_t *hub = NULL;
    signalhub_receiver_t *receiver = NULL;
    const signalhub_status_t want = SIGNALHUB_ERR_HANDLE;
    CHECK_STATUS(copy->clone(other->hub, &hub), want);
    CHECK_STATUS(copy->publish(other->hub, 0, "x", 1, NULL, NULL), want);
    CHECK_STATUS(copy->subscribe(other->hub, &receiver), want);
    CHECK_STATUS(copy->close(other->hub), want);
    CHECK_STATUS(copy->free(other->hub), want);
    CHECK_STATUS(copy->recv(other->receiver, copy->message, NULL), want);
    CHECK_STATUS(copy->recv(copy->receiver, other->message, NULL), want);
    CHECK_STATUS(copy->receiver_free(other->receiver), want);
    CHECK_STATUS(copy->message_view(other->message, &view), want);
    CHECK_STATUS(copy->message_free(other->message), want);
}

static pid_t sleeper;

static void *sleep_in_it(void *argument)
{
    copy_t *copy = (copy_t *)argument;
    __atomic_store_n(&sleeper, thread_id(), __ATOMIC_RELEASE);
    CHECK_STATUS(copy->recv(copy->receiver, copy->message, NULL), SIGNALHUB_CLOSED);
    return NULL;
}

/* dlclose does not take away the code that a thread sleeps in, nor what lies behind handles. */
static void a_copy_that_is_in_use_can_be_unloaded(copy_t *copy)
{
    pthread_t thread = start(sleep_in_it, copy);
    wait_until_asleep(&sleeper);
    CHECK(dlclose(copy->library) == 0);
    CHECK_OK(copy->close(copy->hub));
    join(thread);
    free_handles(copy);
}

static void a_copy_can_be_loaded_and_unloaded_again_and_again(const char *path)
{
    copy_t first = load(path);
    make_handles(&first);
    for (long i = scaled(1000); i > 0; i--) {
        copy_t again = load(path);
        its_own_handles_work(&first);
        CHECK(dlclose(again.library) == 0);
    }
    its_own_handles_work(&first);
    free_handles(&first);
    CHECK(dlclose(first.library) == 0);
}

static long entries(const char *path)
{
    DIR *directory = opendir(path);
    long count = 0;
    CHECK(directory != NULL);
    while (readdir(directory) != NULL)
        count++;
    CHECK(closedir(directory) == 0);
    return count;
}

/* Copies this program's library to a file of another name. */
static void copy_library(const char *from, const char *to)
{
    static char bytes[1 << 16];
    FILE *source = fopen(from, "rb"), *copy = fopen(to, "wb");
    size_t count;
    CHECK(source != NULL && copy != NULL);
    while ((count = fread(bytes, 1, sizeof bytes, source)) > 0)
        CHECK(fwrite(bytes, 1, count, copy) == count);
    CHECK(fclose(source) == 0 && fclose(copy) == 0);
}

int main(void)
{
    char directory[] = "/tmp/signalhub-copies-XXXXXX", path[64];
    const char *(*version)(void) = signalhub_version;
    long threads = entries("/proc/self/task"), descriptors = entries("/proc/self/fd");
    copy_t linked, copy;
    void *symbol;
    Dl_info info;

    watchdog();
    memcpy(&symbol, &version, sizeof symbol);
    CHECK(dladdr(symbol, &info) != 0);
    if (strstr(info.dli_fname, ".so") == NULL) {
        puts("copies: skipped, this program has the library inside");
        return 0;
    }
    CHECK(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/copy.so", directory);
    copy_library(info.dli_fname, path);

    linked = load(info.dli_fname);
    copy = load(path);
    CHECK(linked.new_ == signalhub_new && copy.new_ != linked.new_);
    CHECK(entries("/proc/self/task") == threads && entries("/proc/self/fd") == descriptors);

    make_handles(&linked);
    make_handles(&copy);
    its_own_handles_work(&linked);
    its_own_handles_work(&copy);
    it_refuses_the_handles_of(&linked, &copy);
    it_refuses_the_handles_of(&copy, &linked);
    its_own_handles_work(&linked);
    its_own_handles_work(&copy);

    a_copy_can_be_loaded_and_unloaded_again_and_again(path);
    a_copy_that_is_in_use_can_be_unloaded(&copy);
    free_handles(&linked);
    CHECK(unlink(path) == 0 && rmdir(directory) == 0);
    puts("copies: fine");
    return 0;
}
