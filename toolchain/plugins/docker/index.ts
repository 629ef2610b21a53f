import { serve } from "../../plugin/server.ts";
import { connectionProperties } from "./connection.ts";
import { container } from "./container.ts";
import { Daemon } from "./daemon.ts";
import { getRegistryImage } from "./get-registry-image.ts";
import { getRemoteImage } from "./get-remote-image.ts";
import { image } from "./image.ts";
import { network } from "./network.ts";
import { registryImage } from "./registry-image.ts";
import { remoteImage } from "./remote-image.ts";
import { secret } from "./secret.ts";
import { service } from "./service.ts";
import { serviceConfig } from "./service-config.ts";
import { tag } from "./tag.ts";
import { volume } from "./volume.ts";

const daemon = new Daemon();

serve({
    name: "docker",
    version: "5.2.0",
    config: connectionProperties,
    resources: [
        container,
        network,
        volume,
        image,
        remoteImage,
        tag,
        registryImage,
        service,
        secret,
        serviceConfig,
    ].map((type) => type(daemon)),
    functions: [getRegistryImage, getRemoteImage].map((definition) => definition(daemon)),
    configure: (config) => daemon.configure(config),
});
