// The JSON that the collector answers with. What is missing was not known.

type Numeric = string | number; // 64-bit numbers travel as text

export interface Session {
    authenticated: boolean;
    required: boolean;
    project?: Project;
    projects?: Project[];
}

export interface Project {
    id: string;
    name: string;
}

export type Status = "open" | "resolved" | "muted";

export interface Group {
    id: string;
    title: string;
    subtitle?: string;
    cause?: string;
    kind: string;
    signal?: string;
    app?: string;
    count: number;
    machines: number;
    firstSeen: string;
    lastSeen: string;
    firstVersion?: string;
    lastVersion?: string;
    status: Status;
    resolvedVersion?: string;
    regressed?: boolean;
    trend?: number[];
}

export interface GroupPage {
    groups: Group[];
    total: number;
    next?: string;
}

export interface GroupDetail extends Group {
    byDay?: { day: string; count: number }[];
    byVersion?: { version: string; count: number }[];
    byMachine?: { machine: string; count: number }[];
    algorithmVersion?: number;
}

export interface Step {
    frame: number;
    function?: string;
    module?: string;
    rule: string;
    list?: string;
    line?: number;
}

export interface Explanation {
    signature: string;
    algorithmVersion?: number;
    steps: Step[];
    parts?: { signal?: string; code?: string; abortMessage?: string;
        exception?: string };
}

export interface ReportRow {
    reportId: string;
    kind: string;
    time: string;
    app?: string;
    version?: string;
    signal?: string;
    cause?: string;
    installationId?: string;
    group?: string;
    machine?: string;
}

export interface Version {
    app: string;
    version: string;
    firstSeen?: string;
    lastSeen?: string;
    starts?: number | null;
    cleanEnds?: number | null;
    crashes?: number | null;
    crashFreeRate?: number | null;
}

export interface Facets {
    apps?: string[];
    versions?: string[];
    signals?: string[];
    kinds?: string[];
    machines?: number;
}

export interface Frame {
    pc?: string;
    module?: string;
    buildId?: string;
    moduleOffset?: string;
    trust?: string;
    pcKind?: string;
    function?: string;
    file?: string;
    line?: Numeric;
    inlined?: boolean;
    source?: { line: number; text: string }[];
}

export interface Repeat {
    afterFrame?: Numeric;
    period?: Numeric;
    count?: Numeric;
}

export interface Thread {
    tid?: Numeric;
    name?: string;
    crashed?: boolean;
    registers?: Record<string, string>;
    frames?: Frame[];
    repeated?: Repeat[];
    notes?: string[];
}

export interface Module {
    path?: string;
    buildId?: string;
    base?: string;
    sizeBytes?: Numeric;
    loadBias?: string;
    deleted?: boolean;
}

export type Sample = { time: string } & Record<string, Numeric>;

export interface Action {
    time: string;
    name: string;
    attributes?: Record<string, string>;
}

export interface SymbolModule {
    name: string;
    buildId?: string;
    state: "found" | "missing";
    tried?: string[];
}

export interface Alarm {
    rule?: string;
    detail?: string;
    time?: string;
    slopeBytesPerSecond?: Numeric;
    growthBytes?: Numeric;
    windowMs?: Numeric;
    usedBytes?: Numeric;
    limitBytes?: Numeric;
    pressurePermille?: Numeric;
    malloc?: Record<string, Numeric>;
}

export interface HeapSite {
    liveBytes?: Numeric;
    liveCount?: Numeric;
    allocatedBytes?: Numeric;
    frames?: Frame[];
}

export interface Heap {
    intervalBytes?: Numeric;
    sites?: HeapSite[];
}

export interface Termination {
    cause?: string;
    grade?: string;
    evidence?: string[];
    signalNumber?: Numeric;
}

export interface Report {
    reportId: string;
    kind: string;
    time: string;
    group?: string;
    tier?: { name?: string; reason?: string; elapsedUs?: Numeric };
    app?: Record<string, string>;
    device?: Record<string, Numeric>;
    account?: Record<string, string>;
    process?: Record<string, Numeric>;
    crash?: {
        signal?: Record<string, Numeric>;
        access?: string;
        cause?: string;
        abortMessage?: string;
        exception?: { type?: string; message?: string };
        phase?: string;
        nearestMapping?: string;
        instructionBytes?: string;
        systemCall?: Numeric;
    };
    threads?: Thread[];
    modules?: Module[];
    memory?: { samples?: Sample[]; categories?: Record<string, Numeric>;
        alarms?: Alarm[] };
    termination?: Termination;
    alarm?: Alarm;
    actions?: Action[];
    annotations?: Record<string, string>;
    detection?: { domain?: string; ipAddress?: string };
    usage?: Record<string, Numeric>;
    features?: { name: string; state?: string }[];
    feedback?: { email?: string; type?: string; comment?: string };
    notes?: string[];
    heap?: Heap;
    schemaVersion?: number;
    reporterVersion?: string;
    symbolication?: {
        state: "done" | "pending" | "partial";
        modules?: SymbolModule[];
    };
}
