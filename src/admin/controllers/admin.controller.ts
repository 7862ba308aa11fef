import { Inject } from '@nestjs/common';
import { AdminApi } from '../admin.api.js';

/** A part of the API. The module makes the controllers out of these classes, with path and guards. */
export abstract class AdminController {
  constructor(@Inject(AdminApi) protected readonly api: AdminApi) {}
}
