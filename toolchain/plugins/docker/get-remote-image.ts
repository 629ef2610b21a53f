import { providerFunction } from "../../plugin/provider.ts";
import { string, type TypeOf } from "../../plugin/schema.ts";
import type { Daemon } from "./daemon.ts";
import { inspectImage } from "./remote-image.ts";

const properties = { name: string({ required: true }) };

type Inputs = TypeOf<typeof properties>;

/** `docker.getRemoteImage(...)`: an image that is on the Docker daemon. */
export const getRemoteImage = (daemon: Daemon) =>
    providerFunction<Inputs>({
        token: "docker:index/getRemoteImage:getRemoteImage",
        properties,

        async invoke({ name }) {
            const image = await inspectImage(daemon, name);
            if (!image) throw new Error(`did not find docker image '${name}'`);
            return { id: image.imageId, name, repoDigest: image.repoDigest };
        },
    });
