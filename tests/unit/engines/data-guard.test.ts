import { refuseForeignUse } from "../../../components/engines/data-guard.ts";

type Workload = Parameters<typeof refuseForeignUse>[1][number];
type Source = Parameters<typeof refuseForeignUse>[0];

const volumeMount = (Name: string, options = {}) => ({ Type: "volume", Name, ...options });
const container = (properties: Partial<Workload> = {}): Workload => ({
    name: "old",
    status: "running",
    labels: {},
    mounts: [volumeMount("pgd")],
    ...properties,
});

/** Message of the error; undefined if the use is not refused. */
function refusalOf(source: Source, other: Workload): string | undefined {
    try {
        refuseForeignUse(source, [other], "shop-dev-db");
        return undefined;
    } catch (error) {
        return (error as Error).message;
    }
}

describe("refuseForeignUse", () => {
    test.each(["running", "restarting", "paused"])("refuses a volume of a container that is %s", (status) => {
        expect(refusalOf({ volume: "pgd" }, container({ status }))).toBe(
            `the volume pgd is in use by the container old, which is ${status}: two servers on the same files corrupt ` +
                "them. Stop it (docker stop old), or use another volume.",
        );
    });

    test.each<[string, Record<string, string>, string, string]>([
        [
            "another stack",
            { "drydock.project": "blog", "drydock.stack": "prod" },
            "the container old of the stack prod of the project blog",
            "Stop it (docker stop old)",
        ],
        [
            "a Compose project",
            { "com.docker.compose.project": "shop", "com.docker.compose.service": "db" },
            "the container old of the Compose project shop",
            "Stop it (docker compose --project-name shop stop db)",
        ],
    ])("names %s that the container belongs to", (_, labels, owner, remedy) => {
        const message = refusalOf({ volume: "pgd" }, container({ labels }));
        expect(message).toContain(owner);
        expect(message).toContain(remedy);
    });

    test.each<[string, Partial<Workload>]>([
        ["a service", { name: "db", isService: true }],
        ["a container of a service", { labels: { "com.docker.swarm.service.name": "db" } }],
    ])("says how to stop %s, of which a Swarm would replace the container", (_, properties) => {
        expect(refusalOf({ volume: "pgd" }, container(properties))).toContain(
            "Stop it (docker service scale db=0), or use another volume.",
        );
    });

    test.each<[string, object, Source]>([
        ["the directory", { Type: "bind", Source: "/srv/pg" }, { hostPath: "/srv/pg" }],
        ["a directory in it", { Type: "bind", Source: "/srv/pg/data" }, { hostPath: "/srv/pg" }],
        ["a directory above it", { Type: "bind", Source: "/srv" }, { hostPath: "/srv/pg" }],
        ["the volume, in a Swarm service", { Type: "volume", Source: "pgd" }, { volume: "pgd" }],
    ])("refuses data of a container that mounts %s", (_, mount, source) => {
        expect(refusalOf(source, container({ mounts: [mount as { Type: string }] }))).toContain(
            "two servers on the same files corrupt them",
        );
    });

    test.each<[string, object, Source]>([
        ["another directory", { Type: "bind", Source: "/srv/pg2" }, { hostPath: "/srv/pg" }],
        ["the root of the host", { Type: "bind", Source: "/" }, { hostPath: "/srv/pg" }],
        ["another volume", volumeMount("pgd2"), { volume: "pgd" }],
        ["the volume read-only", volumeMount("pgd", { RW: false }), { volume: "pgd" }],
    ])("accepts data beside a container that mounts %s", (_, mount, source) => {
        expect(refusalOf(source, container({ mounts: [mount as { Type: string }] }))).toBeUndefined();
    });
});
