"""Credit: publicity (公示) of check results, second-person approval, export to 国家企业信用信息公示系统, withdrawal."""
