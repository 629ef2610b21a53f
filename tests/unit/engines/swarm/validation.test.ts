import {
    EndpointMode,
    Engine,
    PostgresService,
    type PostgresServiceArgs,
    PublishMode,
    RailsWebApp,
    RedisService,
    type RedisServiceArgs,
    WebApp,
    type WebAppArgs,
} from "../../../../components/index.ts";
import { refusal } from "../../../../testing/index.ts";

const swarm = { engine: Engine.Swarm };
const DIGEST = `sha256:${"a".repeat(64)}`;
const NOT_REFUSED = "nothing was refused";

/** The errors of a WebApp with these arguments on a Swarm and on a Docker Engine. */
const refused = async (args: Partial<WebAppArgs>) => {
    const all = { image: args.build ? undefined : "x:1", ...args };
    const onSwarm = await refusal(() => new WebApp("web", { ...swarm, ...all }));
    return [onSwarm, await refusal(() => new WebApp("web", all))];
};

describe("a Swarm refuses, and a Docker Engine does not,", () => {
    test.each<[string, Partial<WebAppArgs>, string]>([
        [
            "an address to publish on",
            { publish: { ip: "127.0.0.1" } },
            "publish.ip: a Swarm publishes on all addresses of its nodes; leave ip out",
        ],
        [
            "a variable of the shell",
            { env: { UID: "1000" } },
            "env.UID: is a read-only variable of the shell; use another name",
        ],
        [
            "a build that stays on the machine",
            { build: { context: "apps/sample" } },
            "build.push: required: the nodes of a Swarm pull the image; set push.image to its name in a registry",
        ],
        [
            "an image by its ID",
            { image: DIGEST },
            `image: "${DIGEST}" is an ID, which only one machine can resolve; use the name of the image in a registry`,
        ],
        [
            "the routing mesh without virtual IPs",
            { publish: {}, swarm: { endpointMode: EndpointMode.DnsRoundRobin } },
            "swarm.publishMode: the routing mesh needs a virtual IP, but endpointMode is dnsrr; set publishMode to host, or",
        ],
        [
            "the routing mesh, set explicitly, without virtual IPs",
            {
                publish: {},
                swarm: { endpointMode: EndpointMode.DnsRoundRobin, publishMode: PublishMode.Ingress },
            },
            "swarm.publishMode: the routing mesh needs a virtual IP, but endpointMode is dnsrr",
        ],
        [
            "an option of a tmpfs mount",
            { tmpfs: { "/tmp": "size=64m", "/run": "noexec" } },
            'tmpfs./run: "noexec" has an option that a Swarm does not support; use size and mode, for example size=64m,mode=1777',
        ],
        [
            "an option beside supported ones",
            { tmpfs: { "/tmp": "size=64m,uid=1" } },
            'tmpfs./tmp: "size=64m,uid=1" has an option that a Swarm does not support',
        ],
        [
            "a size in percent",
            { tmpfs: { "/tmp": "size=50%" } },
            'tmpfs./tmp: "size=50%" has an option that a Swarm',
        ],
        [
            "an invalid mode",
            { tmpfs: { "/tmp": "mode=999" } },
            'tmpfs./tmp: "mode=999" has an option that a Swarm',
        ],
    ])("%s", async (_, args, reason) => {
        const [onSwarm, onDocker] = await refused(args);
        expect(onSwarm).toContain(reason);
        expect(onDocker).toBe(NOT_REFUSED);
    });
});

test.each<[string, Partial<WebAppArgs>]>([
    ["a published port", { publish: { port: 80 } }],
    ["a build that is pushed", { build: { context: "apps/sample", push: { image: "registry:5000/x:1" } } }],
    ["an image by its digest", { image: `registry.example.com/x@${DIGEST}` }],
    ["DNS round robin without a published port", { swarm: { endpointMode: EndpointMode.DnsRoundRobin } }],
    [
        "DNS round robin with ports of the nodes",
        { publish: {}, swarm: { endpointMode: EndpointMode.DnsRoundRobin, publishMode: PublishMode.Host } },
    ],
    [
        "tmpfs mounts with a size and a mode",
        { tmpfs: { "/a": "", "/b": "size=1", "/c": "mode=1777,size=64M", "/d": "size=1g" } },
    ],
    ["a service without replicas", { swarm: { replicas: 0 } }],
    [
        "constraints with == and !=",
        { swarm: { constraints: ["node.role==manager", "engine.labels.os != a b"] } },
    ],
])("a Swarm accepts %s", async (_, args) => {
    expect(await refused(args)).toEqual([NOT_REFUSED, NOT_REFUSED]);
});

test.each<[string, object, string]>([
    ["an unknown endpoint mode", { endpointMode: "ip" }, 'swarm.endpointMode: "ip" is not one of vip, dnsrr'],
    [
        "an unknown publish mode",
        { publishMode: "mesh" },
        'swarm.publishMode: "mesh" is not one of ingress, host',
    ],
    [
        "a negative number of replicas",
        { replicas: -1 },
        "swarm.replicas: -1 is not allowed; use an integer of at least 0",
    ],
    ["half a replica", { replicas: 1.5 }, "swarm.replicas: 1.5 is not allowed"],
    ["an update of 0 replicas at a time", { parallelism: 0 }, "swarm.parallelism: 0 is not allowed"],
    ["a limit of 0 replicas per node", { replicasPerNode: 0 }, "swarm.replicasPerNode: 0 is not allowed"],
    [
        "a spread over something other than a node label",
        { spread: "zone" },
        'swarm.spread: "zone" is not a node label; write node.labels. and',
    ],
    [
        "a constraint with a single =",
        { constraints: ["node.role == manager", "node.role = manager"] },
        'swarm.constraints[1]: "node.role = manager" is not a placement constraint; write a comparison',
    ],
    [
        "a constraint without a value",
        { constraints: ["node.role =="] },
        'swarm.constraints[0]: "node.role ==" is not',
    ],
])("both engines refuse %s", async (_, args, reason) => {
    for (const text of await refused({ swarm: args })) expect(text).toContain(reason);
    const [worker] = await refused({ processes: { worker: { command: ["x"], swarm: args } } });
    expect(worker).toContain(`processes.worker.${reason}`);
});

test.each<[string, RedisServiceArgs & PostgresServiceArgs, string]>([
    [
        "a node",
        { swarm: { node: "my node" } },
        'swarm.node: "my node" is not the host name of a node; write it as',
    ],
    ["an address", { publish: { ip: "::" } }, "publish.ip: a Swarm publishes on all addresses of its nodes"],
    [
        "a build",
        { build: { context: "apps/sample" } },
        "build.push: required: the nodes of a Swarm pull the image",
    ],
    [
        "the routing mesh",
        { publish: {}, swarm: { endpointMode: EndpointMode.DnsRoundRobin } },
        "swarm.publishMode: the routing mesh needs a virtual IP",
    ],
])("a service with data refuses %s that a Swarm does not support", async (_, args, reason) => {
    expect(await refusal(() => new RedisService("cache", { ...swarm, ...args }))).toContain(reason);
    expect(await refusal(() => new PostgresService("db", { ...swarm, ...args }))).toContain(reason);
});

test("a Rails application refuses what a Swarm does not support before it creates a resource", async () => {
    const build = { context: "apps/sample" };
    expect(await refusal(() => new RailsWebApp("shop", { ...swarm, build }))).toContain(
        "build.push: required: the nodes of a Swarm pull the image",
    );
});
