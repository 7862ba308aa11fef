import type { ResourceServer, ResourceServers } from '../resource/resource-server.js';
import type { ServerMetadataDocument } from './server-metadata.js';

/** What of the metadata can change while the server runs. */
interface State {
  readonly registrationOpen: boolean;
  readonly resources: readonly ResourceServer[];
}

/** The server's metadata, described anew when something of it has changed. */
export class CurrentMetadata {
  private described: { readonly state: State; readonly document: ServerMetadataDocument } | undefined;

  constructor(
    private readonly describe: (registrationOpen: boolean) => ServerMetadataDocument,
    private readonly isRegistrationOpen: () => Promise<boolean>,
    private readonly resources: Pick<ResourceServers, 'all' | 'refresh'>,
  ) {}

  async read(): Promise<ServerMetadataDocument> {
    await this.resources.refresh();
    const registrationOpen = await this.isRegistrationOpen();
    const resources = this.resources.all;
    const known = this.described;
    if (known?.state.registrationOpen === registrationOpen && known.state.resources === resources) {
      return known.document;
    }
    const document = this.describe(registrationOpen);
    this.described = { state: { registrationOpen, resources }, document };
    return document;
  }
}
