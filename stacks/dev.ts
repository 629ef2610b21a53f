import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { RailsWebAppArgs } from "../components";
import { sample, SAMPLE } from "./compose";

/** A developer's environment: all of it on this machine. */
export function dev() {
    const settings = new pulumi.Config();
    const publish = settings.requireBoolean("publishData") ? {} : undefined;

    const { db, cache, web } = sample({
        data: { publish },
        app: {
            publish: { port: settings.requireNumber("port") || undefined },
            ...(settings.requireBoolean("liveReload") ? fromSource() : {}),
        },
    });

    return { url: web.url, ...(publish && { postgres: db.address, redis: cache.address }) };
}

/** Runs the files of this machine in place of those in the image; Rails loads them anew when they change. */
function fromSource(): Partial<RailsWebAppArgs> {
    return {
        railsEnv: "development",
        mounts: [{ path: "/rails", hostPath: resolve(SAMPLE), readOnly: true }],
        // Owned by the user that the Dockerfile names.
        tmpfs: { "/rails/tmp": "uid=1000", "/rails/log": "uid=1000" },
    };
}
