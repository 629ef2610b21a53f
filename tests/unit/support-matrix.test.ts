import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { section, tableRows } from "./markdown.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** Keys by the heading of their table. */
type Keys = Record<string, string>;

/** Of the Compose Specification (schema/compose-spec.json, June 2026). */
const COMPOSE: Keys = {
    "## Services": `annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs
        container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset
        credential_spec depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname
        entrypoint env_file environment expose extends external_links extra_hosts gpus group_add healthcheck hostname
        image init ipc isolation label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness
        memswap_limit models network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports
        post_start pre_stop privileged profiles provider pull_policy pull_refresh_after read_only restart runtime scale
        secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits
        use_api_socket user userns_mode uts volumes volumes_from working_dir`,
    "### `build`": `additional_contexts args cache_from cache_to context dockerfile dockerfile_inline entitlements
        extra_hosts isolation labels network no_cache platforms privileged provenance pull sbom secrets shm_size ssh
        tags target ulimits`,
    "### `deploy`": `endpoint_mode labels mode placement replicas resources restart_policy rollback_config update_config`,
    "### `healthcheck`": "disable interval retries start_interval start_period test timeout",
    "## The whole file": "configs include models name networks secrets services version volumes",
};

/** Of the documentation of Kamal (lib/kamal/configuration/docs, version 2, June 2026). */
const KAMAL: Keys = {
    "## The whole file": `accessories aliases allow_empty_roles asset_path boot builder deploy_timeout drain_timeout env
        error_pages_path hooks_output hooks_path image labels logging minimum_version output primary_role proxy
        readiness_delay registry require_destination retain_containers run_directory secrets_path servers service ssh
        sshkit stop_timeout volumes`,
    "## `servers`": "asset_path cmd env hosts labels logging options proxy stop_timeout",
    "## `accessories`": `cmd directories env files host hosts image labels network options port proxy registry role roles
        service tag tags volumes`,
    "## `builder`": `arch args cache context dockerfile driver local pack provenance remote sbom secrets ssh target`,
    "## `env`": "clear secret tags",
    "## `registry`": "password server username",
    "## `proxy`": `app_port buffering forward_headers healthcheck host hosts logging path_prefix path_prefixes
        response_timeout run ssl ssl_redirect strip_path_prefix`,
    "## `ssh`": `config forward_agent key_data keys keys_only log_level port proxy proxy_command user`,
    "## `boot`": "limit parallel_roles wait",
};

interface Described {
    $ref?: string;
    inputProperties?: Record<string, unknown>;
    properties?: Record<string, unknown>;
}
const { resources, types } = JSON.parse(read("provider/schema.json")) as Record<
    string,
    Record<string, Described>
>;
const providerContainer = read("node_modules/@pulumi/docker/container.d.ts");

/** What keeps a container running, and has every argument of one. */
const CONTAINERS = [
    "ProcessArgs",
    ...Object.keys(resources ?? {})
        .map((type) => type.replace("drydock:index:", ""))
        .filter((component) => !["Task", "Volume"].includes(component)),
];

/** Whether a component, a type of arguments or the provider's container has an argument. */
function exists(argument: string): boolean {
    const [name = "", owner, provider] = argument.split(".").reverse();
    if (provider !== undefined) return providerContainer.includes(`    readonly ${name}: `);
    if (owner === undefined) return CONTAINERS.every((container) => exists(`${container}.${name}`));
    const component = resources?.[`drydock:index:${owner}`]?.inputProperties;
    const type = types?.[`drydock:index:${owner.replace(/Args$/, "")}`]?.properties;
    return name in (component ?? type ?? {});
}

const codeIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);

describe.each([
    ["docs/reference/compose.md", COMPOSE],
    ["docs/reference/kamal.md", KAMAL],
])("the tables in %s", (file, keys) => {
    const page = read(file);
    const rows = tableRows(page);

    test.each(Object.entries(keys))("have every key: %s", (heading, expected) => {
        const described = tableRows(section(page, heading)).flatMap(([key = ""]) => codeIn(key));
        expect(expected.split(/\s+/).filter((key) => !described.includes(key))).toEqual([]);
    });

    test("name arguments that exist", () => {
        const named = rows.flatMap(([, , argument = ""]) => codeIn(argument));
        expect(named.filter((argument) => !exists(argument))).toEqual([]);
    });

    test("say of each key whether and how it is supported", () => {
        const incomplete = rows.filter(([, supported = "", argument, notes]) =>
            supported === "no"
                ? argument !== "" || notes === ""
                : !["yes", "differently"].includes(supported) || (argument === "" && notes === ""),
        );
        expect(incomplete).toEqual([]);
    });
});

test("the arguments in docs/reference/compose.md are those of RailsWebApp, RedisService and Task too, as it says", () => {
    const named = tableRows(read("docs/reference/compose.md")).flatMap(([, , argument = ""]) =>
        codeIn(argument),
    );
    const others = named.map((argument) =>
        argument.includes(".")
            ? argument.replace(/^WebApp\./, "RailsWebApp.").replace(/^PostgresService\./, "RedisService.")
            : `Task.${argument}`,
    );
    const notOfTasks = ["aliases", "health", "restart", "stdinOpen", "stopTimeout"].map(
        (argument) => `Task.${argument}`,
    );
    expect(others.filter((argument) => !exists(argument) && !notOfTasks.includes(argument))).toEqual([]);
});
