import { Values } from "../../plugin/values";

/** A service of which everything is declared, for tests. */
export const full = {
    labels: [{ label: "team", value: "web" }],
    taskSpec: {
        containerSpec: {
            image: "redis:8",
            labels: [{ label: "a", value: "1" }],
            commands: ["redis-server"],
            args: ["--port", "1"],
            env: { B: "2=3", A: "1" },
            hostname: "h",
            dir: "/data",
            user: "redis",
            groups: ["999"],
            privileges: { seLinuxContext: { disable: true } },
            readOnly: true,
            mounts: [
                { type: "bind", target: "/etc/host", source: "/etc", readOnly: true, bindOptions: {} },
                {
                    type: "volume",
                    target: "/data",
                    source: "data",
                    volumeOptions: {
                        noCopy: true,
                        labels: [{ label: "x", value: "y" }],
                        driverName: "local",
                    },
                },
                { type: "tmpfs", target: "/tmp", tmpfsOptions: { sizeBytes: 1024, mode: 0o777 } },
            ],
            stopSignal: "SIGTERM",
            stopGracePeriod: "1m30s",
            healthcheck: { tests: ["CMD", "true"], interval: "1s", retries: 2 },
            hosts: [{ host: "db", ip: "fd00::1" }],
            dnsConfig: { nameservers: ["1.1.1.1"], searches: ["local"] },
            secrets: [{ secretId: "s", secretName: "password", fileName: "/run/password", fileMode: 0o400 }],
            configs: [{ configId: "c", configName: "conf", fileName: "/etc/conf", fileUid: "999" }],
            sysctl: { "net.core.somaxconn": "512" },
            capAdds: ["CAP_NET_ADMIN"],
            capDrops: ["ALL"],
            init: true,
        },
        resources: {
            limits: { memoryBytes: 1024, nanoCpus: 5 },
            reservation: { genericResources: { discreteResourcesSpecs: ["SSD=3"] } },
        },
        restartPolicy: { condition: "on-failure", delay: "1s", maxAttempts: 3, window: "0s" },
        placement: { constraints: ["node.role==manager"], prefs: ["node.labels.zone"], maxReplicas: 2 },
        networksAdvanceds: [{ id: "n", aliases: ["store"], driverOpts: ["a=b"] }],
        logDriver: { name: "json-file", options: { "max-size": "1m" } },
    },
    mode: { replicated: { replicas: 3 } },
    updateConfig: { order: "start-first", failureAction: "rollback", maxFailureRatio: "0.5", delay: "1m" },
    rollbackConfig: {},
    endpointSpec: { mode: "dnsrr", ports: [{ targetPort: 80, publishedPort: 8080, publishMode: "host" }] },
} as unknown as Values;
