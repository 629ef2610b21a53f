import { providerFunction } from "../../plugin/provider.ts";
import { boolean, string, type TypeOf } from "../../plugin/schema.ts";
import type { Daemon } from "./daemon.ts";
import { parseImageName } from "./image-name.ts";
import { fetchDigest } from "./registry-api.ts";
import { findLogin, findRegistryAuth } from "./registry-login.ts";

const properties = {
    name: string({ required: true }),
    insecureSkipVerify: boolean({ default: false }),
};

type Inputs = TypeOf<typeof properties>;

/** `docker.getRegistryImage(...)`: the digest of an image in its registry. */
export const getRegistryImage = (daemon: Daemon) =>
    providerFunction<Inputs>({
        token: "docker:index/getRegistryImage:getRegistryImage",
        properties,

        async invoke({ name, insecureSkipVerify }, signal) {
            const registry = {
                login: findLogin(name, daemon.registryAuth),
                address: findRegistryAuth(name, daemon.registryAuth)?.address,
                insecureSkipVerify,
                signal,
            };
            const { path, tag, digest = tag } = parseImageName(name);
            const sha256Digest = await fetchDigest(name, registry).catch((error: unknown) => {
                const reason = error instanceof Error ? error.message : String(error);
                throw new Error(
                    `Got error when attempting to fetch image version ${path}:${digest} from registry: ${reason}`,
                    { cause: error },
                );
            });
            return { id: sha256Digest, name, insecureSkipVerify, sha256Digest };
        },
    });
