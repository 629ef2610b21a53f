/** Types of the resources in a state. */
export const CONTAINER = "docker:index/container:Container";
export const SERVICE = "docker:index/service:Service";
export const NETWORK = "docker:index/network:Network";
export const VOLUME = "docker:index/volume:Volume";
/** An image that the provider builds. */
export const IMAGE = "docker:index/image:Image";
/** An image that the provider pulls. */
export const REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage";
export const COMMAND = "command:local:Command";
/** Start of the types of Drydock's components. */
export const DRYDOCK = "drydock:index:";
