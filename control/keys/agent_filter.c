/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The filter as a program of classic BPF; the contract is in agent_filter.h. A list of what is
 * forbidden, not of what is needed: libcurl, OpenSSL and the C library's resolver need other calls
 * with each version, and must not fail for that.
 */
#include "control/keys/agent_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define X32_FIRST 0x40000000u // numbers of the x32 ABI, which has its own for most calls
#define LAST_KNOWN SYS_set_mempolicy_home_node
#define REFUSE(number) (SECCOMP_RET_ERRNO | (number))

static const uint16_t forbidden[] = {
	// other processes
	SYS_kill,
	SYS_tkill,
	SYS_tgkill,
	SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo,
	SYS_pidfd_open,
	SYS_pidfd_send_signal,
	SYS_pidfd_getfd,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_process_madvise,
	SYS_process_mrelease,
	SYS_kcmp,
	SYS_setpriority,
	SYS_ioprio_set,
	SYS_sched_setparam,
	SYS_sched_setscheduler,
	SYS_sched_setattr,
	SYS_sched_setaffinity,
	SYS_migrate_pages,
	SYS_move_pages,
	// programs and processes of its own
	SYS_execve,
	SYS_execveat,
	SYS_fork,
	SYS_vfork,
	SYS_prctl,
	SYS_setsid,
	SYS_setpgid,
	// files: they can be read (open is below)
	SYS_creat,
	SYS_truncate,
	SYS_rename,
	SYS_renameat,
	SYS_renameat2,
	SYS_unlink,
	SYS_unlinkat,
	SYS_link,
	SYS_linkat,
	SYS_symlink,
	SYS_symlinkat,
	SYS_mkdir,
	SYS_mkdirat,
	SYS_rmdir,
	SYS_mknod,
	SYS_mknodat,
	SYS_chmod,
	SYS_fchmod,
	SYS_fchmodat,
	SYS_chown,
	SYS_fchown,
	SYS_lchown,
	SYS_fchownat,
	SYS_utime,
	SYS_utimes,
	SYS_futimesat,
	SYS_utimensat,
	SYS_setxattr,
	SYS_lsetxattr,
	SYS_fsetxattr,
	SYS_removexattr,
	SYS_lremovexattr,
	SYS_fremovexattr,
	SYS_open_by_handle_at,
	// memory and messages that processes of one user share
	SYS_shmget,
	SYS_shmat,
	SYS_shmctl,
	SYS_semget,
	SYS_semop,
	SYS_semtimedop,
	SYS_semctl,
	SYS_msgget,
	SYS_msgsnd,
	SYS_msgrcv,
	SYS_msgctl,
	SYS_mq_open,
	SYS_mq_unlink,
	// administration, and large interfaces of the kernel
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	SYS_mount,
	SYS_umount2,
	SYS_move_mount,
	SYS_open_tree,
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fspick,
	SYS_mount_setattr,
	SYS_pivot_root,
	SYS_chroot,
	SYS_unshare,
	SYS_setns,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_quotactl,
	SYS_acct,
	SYS_personality,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_adjtimex,
	SYS_clock_adjtime,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_iopl,
	SYS_ioperm,
	SYS_modify_ldt,
	SYS_vhangup,
};

/* Allowed only if an argument, masked, is one of two values. */
struct condition {
	uint16_t call;
	uint8_t argument;
	uint32_t mask, one, other;
};

#define WRITING ((uint32_t)(O_ACCMODE | O_CREAT | O_TRUNC))
#define ALL UINT32_MAX

static const struct condition conditions[] = {
	{SYS_open, 1, WRITING, O_RDONLY, O_RDONLY},
	{SYS_openat, 2, WRITING, O_RDONLY, O_RDONLY},
	{SYS_socket, 0, ALL, AF_INET, AF_INET6},
	// a datagram socket of a pair can still be connected to others
	{SYS_socketpair, 1, 0xf, SOCK_STREAM, SOCK_STREAM},
	{SYS_clone, 0, CLONE_THREAD, CLONE_THREAD, CLONE_THREAD},
	{SYS_prlimit64, 0, ALL, 0, 0},
	// no command that sends signals (F_SETOWN, F_SETSIG): 0 to 7, and those of F_DUPFD_CLOEXEC
	{SYS_fcntl, 1, ~7u, F_DUPFD, F_DUPFD_CLOEXEC & ~7u},
	// nor one that types for the user of a terminal
	{SYS_ioctl, 1, ALL, FIONREAD, FIONBIO},
};

#define N_FORBIDDEN (sizeof(forbidden) / sizeof(forbidden[0]))
#define N_CONDITIONS (sizeof(conditions) / sizeof(conditions[0]))
#define CONDITION_STEPS 7u
#define FRAME_STEPS 13u

struct program {
	struct sock_filter steps[FRAME_STEPS + 2 * N_FORBIDDEN + CONDITION_STEPS * N_CONDITIONS];
	uint16_t n;
};

static void add(struct program *program, uint16_t code, uint32_t k, uint8_t yes, uint8_t no) {
	program->steps[program->n++] = (struct sock_filter){code, yes, no, k};
}

static void add_load(struct program *program, size_t offset) {
	add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void add_return(struct program *program, uint32_t what) {
	add(program, BPF_RET | BPF_K, what, 0, 0);
}

/* With the call's number loaded. */
static void add_refusal(struct program *program, uint32_t call, uint32_t number) {
	add(program, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
	add_return(program, REFUSE(number));
}

/* With the call's number loaded; whatever the call, either it is returned from or passed by. */
static void add_condition(struct program *program, const struct condition *condition) {
	/* The lower half: all of these arguments are of 32 bits, in flags all that counts is. */
	add(program, BPF_JMP | BPF_JEQ | BPF_K, condition->call, 0, CONDITION_STEPS - 1);
	add_load(program, offsetof(struct seccomp_data, args) + 8u * condition->argument);
	add(program, BPF_ALU | BPF_AND | BPF_K, condition->mask, 0, 0);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, condition->one, 1, 0);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, condition->other, 0, 1);
	add_return(program, SECCOMP_RET_ALLOW);
	add_return(program, REFUSE(EPERM));
}

/* The numbers are those of x86-64, like the whole list: libIPSec_MB is for nothing else. */
static void write_program(struct program *program) {
	add_load(program, offsetof(struct seccomp_data, arch));
	add(program, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	add_return(program, SECCOMP_RET_KILL_PROCESS);
	add_load(program, offsetof(struct seccomp_data, nr));
	add(program, BPF_JMP | BPF_JGE | BPF_K, X32_FIRST, 0, 1);
	add_return(program, SECCOMP_RET_KILL_PROCESS);
	/* What came after this list was written; programs do without. */
	add(program, BPF_JMP | BPF_JGT | BPF_K, LAST_KNOWN, 0, 1);
	add_return(program, REFUSE(ENOSYS));
	/* Their arguments cannot be seen; the C library then takes the older calls. */
	add_refusal(program, SYS_clone3, ENOSYS);
	add_refusal(program, SYS_openat2, ENOSYS);
	for (size_t i = 0; i < N_FORBIDDEN; i++)
		add_refusal(program, forbidden[i], EPERM);
	for (size_t i = 0; i < N_CONDITIONS; i++)
		add_condition(program, &conditions[i]);
	add_return(program, SECCOMP_RET_ALLOW);
}

int agent_filter_begin(void) {
	struct program program = {.n = 0};
	struct sock_fprog filter;

	write_program(&program);
	filter = (struct sock_fprog){.len = program.n, .filter = program.steps};
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0)
		return -errno;
	return 0;
}
