import { Controller } from '@nestjs/common';
import { ResourceMetadataController } from '../resource-metadata.controller.js';

@Controller('.well-known/oauth-protected-resource/reports/audit')
export class AuditMetadataController extends ResourceMetadataController {}
