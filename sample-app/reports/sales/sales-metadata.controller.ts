import { Controller } from '@nestjs/common';
import { ResourceMetadataController } from '../resource-metadata.controller.js';

@Controller('.well-known/oauth-protected-resource/reports/sales')
export class SalesMetadataController extends ResourceMetadataController {}
