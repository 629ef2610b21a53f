import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

/** A developer's environment: for now, one Redis. */
export function dev() {
    const port = new pulumi.Config().requireNumber("redisPort");
    const labels = Object.entries({
        "drydock.project": pulumi.getProject(),
        "drydock.stack": pulumi.getStack(),
        "drydock.component": "redis",
    }).map(([label, value]) => ({ label, value }));

    const image = new docker.RemoteImage("redis", { name: "redis:8", keepLocally: true });
    new docker.Container(
        "redis",
        {
            name: `${pulumi.getProject()}-${pulumi.getStack()}-redis`,
            image: image.imageId,
            labels,
            ports: [{ internal: 6379, external: port, ip: "127.0.0.1" }],
            healthcheck: { tests: ["CMD-SHELL", "redis-cli ping | grep PONG"], interval: "1s", retries: 10 },
            destroyGraceSeconds: 10,
            wait: true,
        },
        { deleteBeforeReplace: true, replaceOnChanges: ["#initerror", "healthcheck"] },
    );

    return { url: `redis://127.0.0.1:${port}`, next: `redis-cli -u redis://127.0.0.1:${port} ping` };
}
