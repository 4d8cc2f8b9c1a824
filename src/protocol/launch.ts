/** The launch configuration: attributes of launch.json and of the DAP `launch` request (docs/MANUAL.md). */
export interface KernelChoice {
  profile: 'v4.1' | 'v4.19' | 'v5.5' | 'ideal' | 'v4.1-i386';
  /** Quirk switches (spec B.11 names) set differently from the profile. */
  switches?: Record<string, boolean>;
}

/** A folder of this machine; with `write` the program may change what is in it, else its changes stay in memory. */
export interface FileAccess {
  path: string;
  mode: 'read' | 'write';
}

export interface LaunchConfiguration {
  /** Path of the ELF program, or of an assembly source (`.s`, `.S`, `.asm`). */
  program: string;
  args?: string[];
  /** Added to an otherwise empty environment. */
  env?: Record<string, string | null>;
  cwd?: string;
  stopOnEntry?: boolean;
  kernel?: KernelChoice['profile'] | KernelChoice;
  /** Instruction sets of the CPU: the default, or that and AVX, AVX2, BMI, FMA and the like. MPX is in both. */
  cpu?: 'x86-64-v2' | 'skylake';
  mpx?: {
    /** Map a directory and enable MPX before the first instruction, for programs without a runtime. */
    autoEnable?: boolean;
    /** BNDPRESERVE for autoEnable. */
    bndpreserve?: boolean;
  };
  /** Folder that is the program's `/`: its dynamic linker, libraries and files are read there. What it writes stays in memory. */
  sysroot?: string;
  /** Further folders the program sees, at their own paths. */
  fileAccess?: FileAccess[];
  /** Prefix of a path in the debug information → prefix on this machine. */
  sourceMap?: Record<string, string>;
  disassemblyFlavor?: 'att' | 'intel';
  /** Step into kernel handlers when stepping in meets a trap or a system call. */
  stepIntoKernel?: boolean;
  /** Step In enters functions without line information too, instruction by instruction. */
  stepIntoUnknown?: boolean;
  console?: 'internalConsole' | 'integratedTerminal';
  limits?: { /** MiB */ memory?: number; instructions?: number };
  /** Address layout and random bytes. */
  seed?: number;
  noDebug?: boolean;
  /** Recording, so that the program can be taken back in time: on by default, with up to 256 MiB. */
  timeTravel?: { enabled?: boolean /** MiB for snapshots. */; memory?: number };
}
