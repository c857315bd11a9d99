// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fence that one thread makes all running threads of its process execute.

use super::errno;

// linux/membarrier.h
const MEMBARRIER_CMD_PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
const MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

/// Whether the kernel has a private expedited membarrier. Registers the process.
pub(crate) fn membarrier_is_there() -> bool {
    membarrier_command(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
}

/// Makes every running thread of the process execute a full fence. False if it could not.
pub(crate) fn membarrier() -> bool {
    // A process that has forgotten its registration (after a checkpoint, say) registers again.
    membarrier_command(MEMBARRIER_CMD_PRIVATE_EXPEDITED)
        || membarrier_command(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
            && membarrier_command(MEMBARRIER_CMD_PRIVATE_EXPEDITED)
}

fn membarrier_command(command: libc::c_int) -> bool {
    // SAFETY: this system call touches no memory of ours.
    errno::keep(|| unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 })
}
