import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Engine, parseConnection, WebApp } from "../../components/index.ts";

const config = new pulumi.Config();
const front = new docker.Network("front", { driver: "overlay", attachable: true });
const database = pulumi.secret(parseConnection("postgres://shop:mBnq2FkY7pWc9XdT@db.example.com/shop"));

for (let i = 0; i < config.requireNumber("services"); i++) {
    new WebApp(`shop-${i}`, {
        engine: Engine.Swarm,
        image: "registry.example.com/team/shop:1.2",
        links: { database },
        env: { ALL: config.get("all") ?? "", FIRST: i === 0 ? (config.get("first") ?? "") : "" },
        networks: [front.id],
        swarm: { replicas: 2 },
    });
}
