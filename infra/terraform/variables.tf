variable "environment_name" {
  type        = string
  description = "Part of the names of all resources."
  validation {
    condition     = can(regex("^[a-z0-9-]{1,20}$", var.environment_name))
    error_message = "It has 1 to 20 characters: lower-case letters, digits and hyphens."
  }
}

variable "location" {
  type        = string
  description = "Where they are made, such as westeurope."
}

variable "subscription_id" {
  type        = string
  description = "The subscription that they belong to."
}

variable "administrator_id" {
  type        = string
  description = "Object ID of the database server's administrator: the one who runs this."
}

variable "administrator_name" {
  type        = string
  description = "Its name: of a user the user principal name."
}

variable "administrator_type" {
  type        = string
  description = "User, Group or ServicePrincipal."
  default     = "User"
}

variable "administrator_address" {
  type        = string
  description = "The address that the administrator comes from. Empty: the firewall admits none."
  default     = ""
}

variable "image" {
  type        = string
  description = "The app's image. Empty before the first deployment: then a placeholder."
  default     = ""
}
