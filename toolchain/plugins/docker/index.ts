import { serve } from "../../plugin/server";
import { connectionProperties } from "./connection";
import { container } from "./container";
import { Daemon } from "./daemon";
import { image } from "./image";
import { network } from "./network";
import { registryImage } from "./registry-image";
import { remoteImage } from "./remote-image";
import { secret } from "./secret";
import { service } from "./service";
import { serviceConfig } from "./service-config";
import { tag } from "./tag";
import { volume } from "./volume";

const daemon = new Daemon();

serve({
    name: "docker",
    version: "5.2.0",
    config: connectionProperties,
    resources: [container, network, volume, image, remoteImage, tag, registryImage, service, secret, serviceConfig].map(
        (type) => type(daemon),
    ),
    configure: (config) => daemon.configure(config),
});
