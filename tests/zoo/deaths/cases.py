"""The table of the zoo: what each death must look like. Context: tool.

One case a program. `end` is how the bare run must end: a signal's name or an
exit status. `reports` counts the reports a watched run must leave. The other
fields describe the report; None: nothing is asserted.
"""

import dataclasses
import os
from typing import Optional

# 2.41: abort() leaves SIGABRT blocked; 2.42: the guard of a thread's stack is no
# mapping of its own.
LIBC = tuple(int(part) for part in
             os.confstr("CS_GNU_LIBC_VERSION").split()[1].split("."))
GUARD = "(---)" if LIBC < (2, 42) else "in anonymous memory (rw-)"
CHAIN = ("crash_here", "crash_middle", "crash_outer")


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    end: object
    signal: Optional[str] = None  # of the report; end when it is a signal
    code: Optional[str] = None
    address: Optional[int] = None  # None: not asserted, -1: must be absent
    access: Optional[str] = None  # "": must be absent; message likewise
    chain: tuple = CHAIN  # in this order in the crashing thread's frames
    top: bool = False  # the chain's first is frame 0
    cause: Optional[str] = None  # a part of crash.cause, in any case
    near: Optional[str] = None  # a part of crash.nearestMapping
    instruction: Optional[str] = None  # its first bytes
    behind: int = 0  # bytes from there to the pc
    message: Optional[str] = None  # a part of crash.abortMessage
    exception: Optional[tuple] = None  # type, message
    phase: str = "RUNNING"
    threads: Optional[int] = None  # without our sampler
    frames: Optional[int] = None  # of the crashing thread
    trust: Optional[tuple] = None  # of its first frames
    note: Optional[str] = None  # a part of one of its notes
    says: Optional[str] = None  # a part of one of the report's notes
    repeated: bool = False  # a frame that stands for many
    period: int = 1  # so many functions repeat
    tier: str = "DUMPER"
    kind: str = "CRASH"
    reports: int = 1
    needs: str = ""  # root, user, tmpfs
    modules: bool = True  # the executable's build-id is in the report
    files: bool = True  # its executable is there to be read afterwards
    env: tuple = ()
    core: bool = False  # compare core files too
    sender: bool = False  # senderPid must be there


def null(name, **more):
    """A write to address 0x10 at the end of the chain."""
    fields = dict(code="SEGV_MAPERR", address=0x10, access="WRITE",
                  cause="null pointer", top=True)
    fields.update(more)
    return Case(name, fields.pop("end", "SIGSEGV"),
                signal=fields.pop("signal", "SIGSEGV"), **fields)


def crash(name, end, **more):
    return Case(name, end, signal=more.pop("signal", end), **more)


def silent(name, end, **more):
    """No report."""
    return Case(name, end, reports=0, **more)


def gone(name, end, **more):
    """Nothing of ours could run: the box alone tells."""
    return Case(name, end, kind="TERMINATION", tier="NEXT_START", **more)


CASES = (
    crash("null_read", "SIGSEGV", code="SEGV_MAPERR", address=0, top=True,
          access="READ", cause="null pointer", threads=1, core=True),
    null("null_write", threads=1),
    null("null_write_pthread", threads=2),
    crash("unmapped_read", "SIGSEGV", code="SEGV_MAPERR", top=True,
          address=0xdead0000, access="READ",
          cause="not mapped: read of 0xdead0000", near="below "),
    crash("read_only_write", "SIGSEGV", code="SEGV_ACCERR", access="WRITE",
          top=True, cause="read-only", near="program (r--)"),
    crash("prot_none", "SIGSEGV", code="SEGV_ACCERR", access="READ", top=True,
          cause="nobody may touch", near="anonymous memory (---)"),
    crash("munmap_then_read", "SIGSEGV", code="SEGV_MAPERR", top=True,
          access="READ", cause="not mapped"),
    crash("dlclose_then_call", "SIGSEGV", code="SEGV_MAPERR",
          access="EXECUTE", cause="not mapped"),
    crash("non_canonical", "SIGSEGV", code="SI_KERNEL", address=-1, top=True,
          cause="non-canonical pointer: 0x4141414141414140"),
    crash("jump_null", "SIGSEGV", code="SEGV_MAPERR", address=0,
          access="EXECUTE", cause="null pointer called"),
    crash("jump_garbage", "SIGSEGV", code="SEGV_MAPERR",
          address=0xabcdef0123, access="EXECUTE",
          cause="not mapped: jump to 0xabcdef0123", near="below "),
    crash("jump_nx", "SIGSEGV", code="SEGV_ACCERR", access="EXECUTE",
          cause="not executable", near="program (rw-)"),
    crash("stack_overflow_main", "SIGSEGV", chain=("recurse", "main"),
          cause="stack overflow", repeated=True, near="below [stack] (rw-)"),
    crash("altstack_disabled", "SIGSEGV", chain=("recurse", "main"),
          cause="stack overflow", repeated=True),
    crash("mutual_recursion", "SIGSEGV", chain=("first", "crash_here", "main"),
          cause="stack overflow", repeated=True, period=3),
    crash("stack_overflow_c11", "SIGSEGV", chain=("recurse",),
          cause="stack overflow", repeated=True, near=GUARD),
    crash("stack_overflow_pthread", "SIGSEGV", chain=("recurse",),
          cause="stack overflow", repeated=True, near=GUARD),
    null("tiny_stack_thread", threads=2),
    null("vfork_waiting", says="1 thread could not be stopped"),
    null("deep_recursion", chain=("descend", "crash_here"), repeated=True),
    null("deeper_than_read", chain=("descend",), repeated=True,
         note="the outermost"),
    null("jit_frame_pointer", top=False,
         trust=("CONTEXT", "FRAME_POINTER", "CFI", "CFI")),
    null("jit_pushed_return", chain=("interpreted",) + CHAIN,
         trust=("CONTEXT", "CFI", "FRAME_POINTER", "FRAME_POINTER", "CFI")),
    null("text_copy", chain=("copied",) + CHAIN,
         trust=("CONTEXT", "CFI", "CFI", "CFI")),
    null("asm_own_rbp", chain=("without_cfi",) + CHAIN,
         trust=("CONTEXT", "SCAN", "SCAN", "CFI", "CFI")),
    null("asm_without_cfi", chain=("without_cfi",) + CHAIN,
         trust=("CONTEXT", "SCAN", "CFI", "CFI")),
    crash("abort", "SIGABRT", code="SI_TKILL", core=True),
    crash("abort_pthread", "SIGABRT"),
    crash("abort_blocked", "SIGABRT"),
    crash("abort_ignored", "SIGABRT"),
    crash("abort_handler_returns", "SIGABRT"),
    silent("abort_handler_longjmp", 0),
    crash("assert", "SIGABRT", message="answer != NULL"),
    crash("assert_blocked", "SIGABRT", message="this is the reason"),
    crash("assert_blocked_handler", "SIGABRT", message="this is the reason"),
    crash("assert_handler_returns", "SIGABRT", message="this is the reason"),
    crash("assert_handler_unwinds", "SIGABRT", message="this is the reason"),
    crash("assert_handler_small", "SIGABRT", message="this is the reason"),
    crash("assert_handler_crashes", "SIGSEGV", signal="SIGABRT",
          message="this is the reason"),
    crash("assert_in_handler", "SIGABRT", signal="SIGSEGV"),
    silent("assert_handler_longjmp", 0),
    null("assert_survived_then_raised"),
    crash("assert_reraised", "SIGABRT", message="this is the reason"),
    crash("abort_after_assert", "SIGABRT", message="", access="",
          cause="ended itself: abort(), raise()"),
    crash("assert_perror", "SIGABRT", message="Unexpected error: No such file"),
    crash("double_free", "SIGABRT", message="double free"),
    crash("invalid_free", "SIGABRT", message="free(): invalid pointer"),
    crash("heap_overflow", "SIGABRT", message="malloc(): corrupted top size"),
    crash("stack_smash", "SIGABRT", message="stack smashing detected",
          chain=("crash_here",)),
    crash("fortify", "SIGABRT", message="buffer overflow detected"),
    crash("fpe", "SIGFPE", code="FPE_INTDIV", top=True,
          cause="division by zero"),
    crash("ill_ud2", "SIGILL", code="ILL_ILLOPN", top=True,
          cause="ud2", instruction="0f 0b"),
    crash("int3", "SIGTRAP", code="SI_KERNEL", top=True, core=True,
          cause="breakpoint", instruction="cc", behind=1),
    crash("int3_at_the_end", "SIGTRAP", code="SI_KERNEL", top=True,
          cause="breakpoint", instruction="cc", behind=1),
    crash("single_step", "SIGTRAP", code="TRAP_TRACE", top=True,
          cause="single step", instruction="90"),
    crash("alignment_check", "SIGBUS", code="BUS_ADRALN", address=-1, top=True,
          cause="misaligned access"),
    crash("signal_without_stack", "SIGSEGV", code="SI_KERNEL", address=-1,
          chain=("crash_here",), top=True, frames=1, access="",
          note="stack pointer is invalid", cause="ended by the kernel"),
    crash("privileged", "SIGSEGV", code="SI_KERNEL", address=-1, top=True,
          cause="privileged", instruction="f4"),
    crash("bus_truncated", "SIGBUS", code="BUS_ADRERR", top=True,
          cause="end of a mapped file, /memfd:truncated",
          near="/memfd:truncated"),
    crash("seccomp_trap", "SIGSYS", code="SYS_SECCOMP",
          cause="system call 110 refused", instruction="0f 05", behind=2,
          tier="IN_PROCESS"),  # its filter might kill at clone
    null("seccomp_no_clone", tier="IN_PROCESS"),
    null("seccomp_no_exec", tier="IN_PROCESS"),
    null("seccomp_kill_clone", tier="IN_PROCESS"),
    null("seccomp_by_syscall", tier="IN_PROCESS"),
    silent("seccomp_kill_clone_unshare", 0),
    silent("seccomp_fork_child", 0),
    silent("seccomp_no_block", 0),
    null("seccomp_inherited", says="1 thread may not be traced"),
    null("seccomp_service", says="1 thread may not be traced"),
    silent("seccomp_service_forks", 0),
    null("seccomp_tsync", tier="IN_PROCESS"),
    gone("seccomp_kill_all", "SIGSEGV"),
    silent("raw_thread_exit", 3),
    silent("main_thread_ended", 3),
    silent("seccomp_kill_all_exit", 3),
    gone("seccomp_kill_thread", "SIGSYS"),
    gone("seccomp_strict", "SIGSEGV"),
    crash("raise_segv", "SIGSEGV", code="SI_TKILL", address=-1, sender=True,
          cause="the program ended itself: raise() or pthread_kill()"),
    crash("raise_trap", "SIGTRAP", code="SI_TKILL", sender=True),
    crash("sigqueue_self", "SIGBUS", code="SI_QUEUE", sender=True,
          cause="sent by the program itself"),
    crash("kill_by_other", "SIGSEGV", code="SI_USER", chain=("main",),
          sender=True, cause="sent by process "),
    crash("rsp_zero", "SIGSEGV", chain=("crash_here",), top=True, frames=1,
          note="stack pointer is invalid",
          cause="stack pointer is invalid"),
    crash("rsp_garbage", "SIGSEGV", chain=("crash_here",), top=True, frames=1,
          note="stack pointer is invalid",
          cause="stack pointer is invalid"),
    crash("smashed_frames", "SIGSEGV", chain=("crash_here",), top=True,
          frames=1, note="damaged stack"),
    crash("smashed_return", "SIGSEGV", chain=(), frames=1, access="EXECUTE",
          address=0x414141414141, note="damaged stack"),
    null("crash_in_handler", chain=CHAIN + ("handle", "main")),
    crash("malloc_lock", "SIGSEGV"),
    null("loader_lock", top=False, chain=("in_callback",) + CHAIN),
    null("stdio_lock"),
    crash("fprintf_null", "SIGSEGV", cause="null pointer"),
    crash("readdir_null", "SIGSEGV", cause="null pointer"),
    crash("pthread_join_null", "SIGSEGV", cause="null pointer"),
    crash("strlen_null", "SIGSEGV", address=0, access="READ",
          cause="null pointer"),
    crash("cpp_exception", "SIGABRT", cause="the zoo is closed"),
    crash("cpp_exception_thread", "SIGABRT", cause="the zoo is closed"),
    crash("cpp_terminate", "SIGABRT", cause="terminate"),
    crash("cpp_rethrow", "SIGABRT",
          exception=("std::runtime_error", "the zoo is closed"),
          cause="uncaught exception: the zoo is closed"),
    crash("cpp_assertion", "SIGABRT", cause="check of the C++ library"),
    crash("cpp_terminate_in_catch", "SIGABRT",
          cause="std::terminate was called"),
    crash("cpp_noexcept", "SIGABRT", chain=CHAIN, cause="not allowed"),
    crash("cpp_static", "SIGABRT", cause="the zoo is closed"),
    crash("cpp_static_caught", "SIGABRT", cause="ended itself: abort(), raise()"),
    crash("pure_virtual", "SIGABRT", cause="pure virtual",
          chain=("crash_here",)),
    null("threads_32_crash", threads=33),
    null("thread_named_as_ours", threads=2),
    null("threads_idle", threads=32),
    null("main_thread_gone"),
    null("rlimit_as"),
    null("many_mappings"),
    null("threads_churn"),
    null("own_sigaction"),
    silent("own_malloc", 0),
    null("misaligned_frame"),
    silent("nested_raise", 0),
    silent("sigaction_in_handler", 0),
    silent("sigaction_while_forking", 0),
    silent("user_dispatch", 0),
    null("traced", says="1 thread may not be traced"),
    null("queue_deleted"),
    null("altstack_small"),
    null("rlimit_fsize"),
    null("rlimit_nproc", tier="IN_PROCESS", needs="user"),
    null("no_free_fds"),
    null("rlimit_nofile", tier="IN_PROCESS", chain=(), top=False,
         modules=False),  # not even the maps can be opened
    gone("box_read_only", "SIGFPE", env=(("INQUEST_SAMPLER", "0"),)),
    gone("box_unmapped", "SIGFPE", env=(("INQUEST_SAMPLER", "0"),)),
    null("closed_fds"),
    null("reused_fds"),
    silent("close_range_unshare", 0),
    silent("unshare_thread", 0),
    silent("cancelled_in_setuid", 0),
    silent("cloned_beside_new_thread", 0),
    null("no_new_privs"),
    null("undumpable", chain=(), top=False, tier=None),  # its stack is not
    # read, and for an ordinary user the dumper may read nothing
    silent("malloc_makes_thread", 0),
    silent("dropped_root_by_handle", 0, needs="root"),
    silent("dropped_root_alone", 0, needs="root"),
    silent("dropped_root_in_sandbox", 0, needs="root"),
    null("dropped_root", needs="root"),
    null("dropped_root_forked", end=0, needs="root"),
    silent("dropped_root_for_two", 0, needs="root"),
    null("dropped_root_then_forks", end=0, needs="root"),
    null("keep_capabilities", needs="root", tier="IN_PROCESS"),
    Case("null_write", "SIGSEGV", signal="SIGSEGV", needs="tmpfs", top=True),
    silent("live_after_unshare", 0, needs="root"),
    silent("capabilities_given_up", 0, needs="root"),
    null("chroot_away", needs="root", tier="IN_PROCESS"),
    null("cwd_gone"),
    silent("signal_while_forking", 0),
    null("fork_child", end=0),
    silent("fork_child_own_fds", 0),
    null("vfork_child", end=0),
    null("vfork_child_then_parent", reports=2),
    null("vfork_child_then_threads", reports=2),
    null("vfork_child_resets", end=3),
    null("vfork_child_chroots", needs="root", threads=1),
    null("raw_fork_child", end=0),
    null("clone_vm_child", end=0),
    null("double_fork", end=0),
    null("atfork_child", end=0),
    silent("atfork_masks", 0),
    silent("atfork_sigaction", 0),
    null("daemon", end=0),
    null("exec_child"),
    null("popen_child", end=0),
    null("constructor", phase="BEFORE_MAIN"),
    gone("ifunc_resolver", "SIGSEGV"),
    null("atexit", phase="EXITING"),
    null("destructor", phase="EXITING"),
    null("tls_destructor"),
    gone("altstack_unmapped", "SIGSEGV"),
    null("signals_blocked"),
    null("sighold"),
    silent("sigblock_user", 0),
    silent("siglongjmp_keeps_blocked", 0),
    crash("siglongjmp_unblocks", "SIGSEGV", code="SI_TKILL", address=-1,
          cause="the program ended itself: raise() or pthread_kill()"),
    crash("sent_in_handler", "SIGTRAP", code="SI_TKILL", chain=("main",)),
    silent("sigsuspend_user", 0),
    silent("siginterrupt_user", 0),
    silent("bad_pointers", 0),
    null("attribute_mask"),
    null("sigsuspend_handler", chain=CHAIN + ("handle", "main")),
    silent("signalfd_user", 0),
    null("signals_ignored", reports=0),
    silent("sigwait_user", 0),
    silent("sigwait_segv", 0),
    silent("sigwait_segv_raise", 0),
    silent("sigwait_segv_threads", 0),
    silent("host_handler_recovers_longjmp", 0),
    silent("host_handler_recovers_altstack", 0),
    silent("host_handler_recovers_mprotect", 0),
    silent("host_handler_recovers_pc", 0),
    silent("host_handler_at_stack_end", 0),
    silent("host_handler_nests", 0),
    crash("host_handler_no_stack", "SIGSEGV", chain=("crash_here",), top=True,
          code="SEGV_ACCERR", access="WRITE",
          cause="stack pointer is invalid"),
    crash("host_fpe_handler_no_stack", "SIGSEGV", signal="SIGFPE",
          chain=("crash_here",), top=True, code="FPE_INTDIV"),
    null("host_handler_exits", end=3),
    null("host_handler_calls_exit", end=4),
    null("host_handler_forks"),
    crash("host_handler_allocates", "SIGSEGV", code="SEGV_MAPERR", access="READ",
          address=0x20, chain=("main",), cause="null pointer"),
    silent("host_handler_fork_hangs", "SIGALRM"),
    null("host_handler_aborts", end="SIGABRT", signal="SIGSEGV"),
    null("two_handlers_abort", end="SIGABRT", signal="SIGSEGV", threads=2),
    null("host_handler_asserts", end="SIGABRT", signal="SIGSEGV")
    if LIBC < (2, 41) else gone("host_handler_asserts", "SIGABRT"),
    crash("abort_handler_asserts", 3, signal="SIGABRT", chain=("main",))
    if LIBC < (2, 41) else gone("abort_handler_asserts", "SIGABRT"),
    null("host_handler_aborts_small", end="SIGABRT", signal="SIGSEGV"),
    null("host_handler_recovers_nested", end="SIGABRT", signal="SIGSEGV"),
    null("host_handler_reraises", top=False, code=None, address=None,
         access=None, cause=None),
    null("host_handler_reraises_all_blocked"),
    null("host_handler_reraises_exits", end=5),
    null("host_handler_default"),
    null("host_handler_resethand"),
    null("host_handler_crashes", says="in turn with SIGSEGV"),
    crash("nested_handlers", "SIGSEGV", signal="SIGFPE",
          says="handler of this signal ended in turn with SIGSEGV"),
    null("handler_replaced_by_signal"),
    null("deleted_binary", chain=(), top=False, files=False,  # its names are gone
         trust=("CONTEXT", "CFI", "CFI", "CFI")),
    null("replaced_binary", chain=(), top=False, files=False,
         trust=("CONTEXT", "CFI", "CFI", "CFI")),
    gone("sigkill", "SIGKILL"),
    silent("threads_come_and_go", 0),
    silent("last_thread", 0),
    silent("last_thread_forked", 0),
    silent("sigterm", "SIGTERM"),
    silent("sigpipe", "SIGPIPE"),
    silent("exit_1", 1),
    silent("underscore_exit", 5),
    silent("quick_exit", 6),
    silent("raw_exit", 7),
    silent("main_returns_torn", 9),
    silent("clean_exit", 0),
)
